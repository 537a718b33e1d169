"""Values written for a link: the inverse of `query`."""

from collections.abc import Iterable, Mapping
from urllib.parse import quote

from projects.notebook.inputs import json_values
from projects.notebook.inputs.json_values import Value
from projects.notebook.inputs.limits import LONGEST_LINK, MAXIMUM_NAMES
from projects.notebook.inputs.specs import InputSpec


def encode(spec: InputSpec, value: Value) -> str:
    """One value as it stands after `=`, before percent-encoding: JSON. Parsing it gives the value back."""
    return json_values.write(value)


def query_string(specs: Iterable[InputSpec], values: Mapping[str, Value]) -> str:
    """All current values as parameters, without `?`; run buttons and files are left out (rows 10, 18, 29)."""
    return "&".join(
        f"_{quote(spec.name, safe='')}={quote(encode(spec, values.get(spec.name, spec.default)), safe='')}"
        for spec in specs
        if spec.kind.part_of_links
    )


def fits_in_a_link(address: str) -> bool:
    """Whether the address may be handed out as it is; otherwise its values are stored on the server (row 30)."""
    return len(address) <= LONGEST_LINK and address.count("&_") < MAXIMUM_NAMES
