"""The notebooks that are measured."""

import json
from pathlib import Path

SMALL = [
    ("input", {"kind": "slider", "name": "n", "label": "Count", "default": 20, "min": 1, "max": 100, "step": 1}),
    ("code", "import time"),
    (
        "code",
        """began = time.perf_counter()
total = sum(k * k for k in range(n))
print(f'made for {n} in {(time.perf_counter() - began) * 1000:.3f} ms')""",
    ),
]


def write(folder: Path, name: str, cells: list[tuple[str, object]]) -> Path:
    """A notebook file; the last cell has the id "chart"."""
    written = []
    for index, (kind, content) in enumerate(cells):
        identity = "chart" if index == len(cells) - 1 else f"cell-{index}"
        metadata = {"hexlite": {"input": content}} if kind == "input" else {}
        source = f"{content['name']} = {content['default']!r}" if kind == "input" else content
        written.append(
            {
                "cell_type": "code",
                "id": identity,
                "metadata": metadata,
                "source": source,
                "outputs": [],
                "execution_count": None,
            }
        )
    path = folder / f"{name}.ipynb"
    path.write_text(json.dumps({"cells": written, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return path
