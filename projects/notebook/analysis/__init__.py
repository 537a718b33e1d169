"""Reading one cell's text: which names it touches, and how. The public face is `projects.notebook.analysis.names`."""
