"""The environment variables of kernels."""

from pathlib import Path

from apps_runtime.kernels.environments import Environment
from apps_runtime.kernels.sandbox import SandboxPaths


def of_kernels(project_id: str, environment: Environment, places: SandboxPaths, *, threads: int) -> dict[str, str]:
    """The whole environment, built from nothing: what is not here no notebook can read (security T15).

    Few threads and arenas: numerical libraries take an address space for each, and kernels have many neighbours.
    """
    home, count = places.home, str(threads)
    return {
        "PATH": f"{Path(places.python).parent}:/usr/local/bin:/usr/bin:/bin",
        "HOME": home,
        "USER": "kernel",
        "LANG": "C.UTF-8",
        "TMPDIR": places.scratch,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "IPYTHONDIR": f"{home}/ipython",
        "MPLCONFIGDIR": f"{home}/matplotlib",
        "MATPLOTLIBRC": f"{places.library}/hexlite_inside/matplotlibrc",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        # A figure is its data, which the page draws; else each notebook would carry a plotly.js of 4 MB.
        "PLOTLY_RENDERER": "plotly_mimetype",
        # tqdm says so where there are no widgets; its bars of text are drawn as bars.
        "PYTHONWARNINGS": "ignore:IProgress not found",
        "OPENBLAS_NUM_THREADS": count,
        "OMP_NUM_THREADS": count,
        "MKL_NUM_THREADS": count,
        "NUMEXPR_MAX_THREADS": count,
        "MALLOC_ARENA_MAX": "2",
        "HEXLITE_PROJECT_ID": project_id,
        "DEEPNOTE_PROJECT_ID": project_id,
        **dict(environment.variables),
    }
