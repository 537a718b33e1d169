"""The line of code that reads a file, and the cells that name it."""

import ast
import json
import keyword
import re
from pathlib import PurePosixPath

from projects.notebook.document import Notebook

_PANDAS = {
    ".csv": "read_csv({path})", ".tsv": 'read_csv({path}, sep="\\t")', ".tab": 'read_csv({path}, sep="\\t")',
    ".parquet": "read_parquet({path})", ".feather": "read_feather({path})", ".xlsx": "read_excel({path})",
    ".xls": "read_excel({path})", ".json": "read_json({path})", ".dta": "read_stata({path})",
    ".sas7bdat": "read_sas({path})", ".pkl": "read_pickle({path})",
}  # fmt: skip
_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp"})


def reading(path: PurePosixPath) -> str:
    """Python that reads the file into a variable of a name like the file's: `weather = pd.read_csv("weather.csv")`."""
    kind, quoted = path.suffix.lower(), json.dumps(str(path), ensure_ascii=False)
    if kind in _PANDAS:
        return f"{variable(path)} = pd.{_PANDAS[kind].format(path=quoted)}"
    if kind in _PICTURES:
        return f"{variable(path)} = plt.imread({quoted})"
    return f"{variable(path)} = open({quoted}).read()"


def variable(path: PurePosixPath) -> str:
    """A Python name made of the file's: `seattle-weather.csv` → `seattle_weather`."""
    name = re.sub(r"\W+", "_", path.stem).strip("_").lower()
    if not name or not name.isidentifier() or keyword.iskeyword(name):
        name = f"data_{name}".rstrip("_")
    return name if name.isidentifier() else "data"


def cells_that_name(notebook: Notebook, path: PurePosixPath) -> list[int]:
    """The numbers of the cells, as the notebook page counts them, whose code has the file's path as a text."""
    names = {str(path), f"./{path}", f"/work/{path}"}
    found, number = [], 0
    for cell in notebook.cells:
        number += cell.kind.runs
        if cell.kind.runs and path.name in cell.source and names & _texts(cell.source):
            found.append(number)
    return found


def _texts(source: str) -> set[str]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set(re.findall(r"""["']([^"'\n]+)["']""", source))  # A magic, or half-written.
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
