"""`python -m apps_runtime.kernels <JSON>`: the host without Django around it, as `manage.py kernels` becomes it.

The settings come in the command line, and nothing else: no secret is in this process's memory or environment, and it
needs half of what a Django process does.
"""

import json
import logging.config
import sys

from apps_runtime.kernels.errors import KernelUnavailable
from apps_runtime.kernels.host import serve
from apps_runtime.kernels.settings import HostSettings


def main() -> None:
    wish = json.loads(sys.argv[1])
    logging.config.dictConfig(wish["logging"])
    try:
        serve(HostSettings.from_json(wish["settings"]), on_ready=lambda: print("kernel host ready", flush=True))
    except KernelUnavailable as problem:
        sys.exit(f"CommandError: {problem}")


main()
