"""`manage.py …` against a running hexlite, many times over: Django is imported once, each command is a fork of that.

Run as a module it is that process. Lines of JSON: a list of arguments in; `code`, `said` and `complained` (its standard
output and errors) out.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import IO

from hexlite.children import die_with_parent

ROOT = Path(__file__).resolve().parent.parent
USED = ("import_notebook", "publish", "share", "shell")


class Commands:
    """Commands in this environment. The process begins with the first of them."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = dict(environment)
        self.process: subprocess.Popen | None = None
        self.lock = Lock()

    def run(self, arguments: Sequence[str]) -> tuple[int, str, str]:
        """The exit code, what was printed, and what was complained of."""
        with self.lock:
            if self.process is None:
                self.process = subprocess.Popen(
                    [sys.executable, "-m", "tests.commanding"],
                    cwd=ROOT,
                    env=self.environment,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    preexec_fn=die_with_parent(os.getpid()),
                )
            assert self.process.stdin and self.process.stdout
            self.process.stdin.write(json.dumps(list(arguments)) + "\n")
            self.process.stdin.flush()
            answer = json.loads(self.process.stdout.readline())
            return answer["code"], answer["said"], answer["complained"]

    def close(self) -> None:
        if self.process is not None:
            self.process.communicate(timeout=60)
            self.process = None


def serve() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hexlite.settings")
    import django
    from django.core import management

    django.setup()
    for name in USED:
        management.load_command_class(management.get_commands()[name], name)
    for line in sys.stdin:
        with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as complained:
            child = os.fork()
            if child == 0:
                os.dup2(said.fileno(), 1)
                os.dup2(complained.fileno(), 2)
                management.execute_from_command_line(["manage.py", *json.loads(line)])
                return
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            answer = {"code": code, "said": _read(said), "complained": _read(complained)}
        print(json.dumps(answer), flush=True)


def _read(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


if __name__ == "__main__":
    serve()
