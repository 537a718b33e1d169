"""Run a kernel host for the tests: argv[1] is JSON of HostSettings."""

import json
import logging
import sys
from pathlib import Path

from apps_runtime.kernels.host import serve
from apps_runtime.kernels.limits import HostLimits, KernelLimits
from apps_runtime.kernels.settings import HostSettings

logging.basicConfig(level="INFO", stream=sys.stderr)
wish = json.loads(sys.argv[1])
for name in ("run_dir", "kernel_python", "fonts_dir"):
    if name in wish:
        wish[name] = Path(wish[name])
wish["kernelspec_dirs"] = tuple(map(Path, wish.get("kernelspec_dirs", ())))
wish["preload"] = tuple(wish.get("preload", HostSettings.preload))
wish["kernel_limits"] = KernelLimits(**wish.get("kernel_limits", {}))
wish["host_limits"] = HostLimits(**wish.get("host_limits", {"person": 100, "app": 100, "host": 50}))
serve(HostSettings(**wish), on_ready=lambda: print("ready", flush=True))
