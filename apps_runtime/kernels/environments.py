"""The Python environment of a kernelspec: where it lives on this machine, so that a sandbox can show exactly that."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from apps_runtime.kernels.errors import KernelStartFailed, UnknownKernelspec
from apps_runtime.kernels.settings import DEFAULT_KERNELSPEC, HostSettings

_ASK = (
    "import sys, json; print(json.dumps({'roots': [sys.prefix, sys.base_prefix, sys.exec_prefix], "
    "'executable': getattr(sys, '_base_executable', sys.executable)}))"
)


@dataclass(frozen=True)
class Environment:
    """What one kernelspec needs from the machine."""

    name: str
    warm_python: Path  # the interpreter of the fork server
    roots: tuple[Path, ...]  # trees shown read-only, at the same place
    preload: tuple[str, ...] | None  # None: kernels are executed, not forked
    command: tuple[str, ...] = ()  # of an executed kernel, with {connection_file}
    variables: tuple[tuple[str, str], ...] = ()
    interrupt_mode: str = "signal"


def find_environment(name: str, settings: HostSettings) -> Environment:
    """The environment of a kernelspec's name. Raises UnknownKernelspec, KernelStartFailed for a broken Python."""
    if name == DEFAULT_KERNELSPEC:
        return Environment(
            name=name,
            warm_python=settings.kernel_python,
            roots=python_roots(settings.kernel_python),
            preload=settings.preload,
        )
    return _offered(name, settings)


def python_roots(python: Path) -> tuple[Path, ...]:
    """The trees a Python is made of: its virtual environment and the installation below it."""
    try:
        answer = subprocess.run(
            [python, "-I", "-c", _ASK], capture_output=True, check=True, timeout=30, env={"PATH": os.defpath}
        )
    except (OSError, subprocess.SubprocessError) as problem:
        raise KernelStartFailed(f"The kernels' Python {python} does not run: {problem}") from problem
    found = json.loads(answer.stdout)
    return tuple(dict.fromkeys(Path(root) for root in found["roots"]))


def _offered(name: str, settings: HostSettings) -> Environment:
    """A kernelspec an administrator put into one of the kernelspec folders.

    `metadata.hexlite.preload` (a list) says its Python has ipykernel and may fork; without it, its command is executed.
    """
    # Names come from rows that editors may choose: a single folder's name, never a path.
    if not name or name != Path(name).name or name.startswith("."):
        raise UnknownKernelspec(f"There is no kernelspec “{name}”.")
    for folder in settings.kernelspec_dirs:
        file = folder / name / "kernel.json"
        if file.is_file():
            return _read(name, file, settings)
    raise UnknownKernelspec(f"There is no kernelspec “{name}” on this machine.")


def _read(name: str, file: Path, settings: HostSettings) -> Environment:
    spec = json.loads(file.read_text())
    command = [part.replace("{resource_dir}", str(file.parent)) for part in spec["argv"]]
    own = spec.get("metadata", {}).get("hexlite", {})
    program = Path(command[0])
    python = spec.get("language", "").lower() == "python" and program.is_absolute()
    roots = [file.parent, *map(Path, own.get("paths", ()))]
    if python:
        roots += python_roots(program)
    elif program.is_absolute():
        roots.append(program.parent)
    preload = own.get("preload")
    warm_python = program if python and preload is not None else settings.kernel_python
    if warm_python != program:
        roots += python_roots(warm_python)
    return Environment(
        name=name,
        warm_python=warm_python,
        roots=tuple(dict.fromkeys(roots)),
        preload=tuple(preload) if preload is not None and python else None,
        command=tuple(command),
        variables=tuple(spec.get("env", {}).items()),
        interrupt_mode=spec.get("interrupt_mode", "signal"),
    )
