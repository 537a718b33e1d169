"""What runs inside a project's sandbox: plain Python, without Django and without hexlite.

The host binds this folder read-only into the sandbox as the package `hexlite_inside`. Its modules may use the standard
library, and ipykernel and the preloaded libraries of the kernels' own environment where they say so.
"""
