"""`python -m hexlite.watched NAME COMMAND…`: one program, ended and started again when it gives no sign of life.

For places that start programs and do not look after them, as containers: there this is the first process. SIGTERM ends
the program as it ends by itself, however long that takes; whoever sent it kills what takes longer.
"""

import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from types import FrameType

from hexlite.children import Child, Family, GaveUp
from hexlite.environment import number
from hexlite.signs import Told

DAY = 24 * 3600.0


def main(name: str, *command: str) -> int:
    silence = number("HEXLITE_SILENCE_SECONDS", default=30)
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    with tempfile.TemporaryDirectory() as folder:
        signs = Told(Path(folder) / "pulse", seconds=silence or 30)
        family = Family(_say, silence=silence)
        family.add(Child(name, command, {**os.environ, "PYTHONFAULTHANDLER": "1"}, log=None, signs=signs))
        try:
            while True:
                family.look()
                time.sleep(0.5)
        except SystemExit:
            return 0
        except GaveUp as problem:
            _say(str(problem))
            return 1
        finally:
            family.stop(grace=DAY)


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def _stop(number: int, frame: FrameType | None) -> None:
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, _stopping)
    raise SystemExit


def _stopping(number: int, frame: FrameType | None) -> None:
    """Whoever asks twice must not interrupt the stopping."""


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("Say what it is called and the command: python -m hexlite.watched worker celery …")
    sys.exit(main(*sys.argv[1:]))
