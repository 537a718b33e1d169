"""The notebook core runs without a web framework, so that commands, workers and tests of others can use it alone."""

import pkgutil
import subprocess
import sys
from pathlib import Path

import projects.notebook

ROOT = Path(projects.notebook.__file__).parents[2]


def test_no_module_of_the_core_imports_django():
    modules = [module.name for module in pkgutil.walk_packages(projects.notebook.__path__, "projects.notebook.")]
    assert len(modules) > 20
    # A name that maps to None in sys.modules can't be imported.
    code = (
        "import importlib, sys\n"
        "sys.modules.update(dict.fromkeys(['django', 'channels', 'celery', 'nbclient', 'jupyter_client']))\n"
        f"for name in {modules!r}: importlib.import_module(name)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
