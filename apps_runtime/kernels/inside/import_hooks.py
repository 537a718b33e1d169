"""What libraries are taught as soon as they are imported: the defaults that have no environment variable."""

import sys
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType


def altair(module: ModuleType) -> None:
    """A chart is its specification, which the page draws; by itself Altair gives a page with scripts of a CDN."""
    module.renderers.enable("mimetype")


def tqdm_notebook(module: ModuleType) -> None:
    """Bars of text, which pages draw as bars, where there are no widgets: tqdm itself would refuse to count."""
    if module.IProgress is not None:
        return
    from tqdm import std

    module.tqdm = module.tqdm_notebook = std.tqdm
    module.trange = module.tnrange = std.trange


LESSONS: dict[str, Callable[[ModuleType], None]] = {"altair": altair, "tqdm.notebook": tqdm_notebook}


class Teacher(MetaPathFinder):
    """Finds the modules of LESSONS as Python does, and has each taught when it has been executed."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        teach = LESSONS.get(fullname)
        spec = PathFinder.find_spec(fullname, path, target) if teach else None
        if teach is None or spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def execute_and_teach(module: ModuleType) -> None:
            execute(module)
            teach(module)

        spec.loader.exec_module = execute_and_teach  # type: ignore[method-assign]
        return spec


def teach() -> None:
    """From here on. What was imported before stays as it is."""
    sys.meta_path.insert(0, Teacher())
