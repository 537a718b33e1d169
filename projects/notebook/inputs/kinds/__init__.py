"""The kinds of inputs, one a module: a module that is here is a kind that can be chosen."""

from importlib import import_module
from pkgutil import iter_modules

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
