"""Run a kernel host for the tests: argv[1] is JSON of HostSettings."""

import json
import logging
import sys

from apps_runtime.kernels.host import serve
from apps_runtime.kernels.settings import HostSettings

logging.basicConfig(level="INFO", stream=sys.stderr)
wish = {"host_limits": {"person": 100, "app": 100, "host": 50}, **json.loads(sys.argv[1])}
serve(HostSettings.from_json(wish), on_ready=lambda: print("ready", flush=True))
