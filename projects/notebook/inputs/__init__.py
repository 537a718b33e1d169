"""Inputs: what they are, how links and messages set them, and how their values reach Python.

`docs/inputs.md` says it for users; the numbered rows in the code are those of the specification of URL parameters.
"""

from projects.notebook.inputs.json_values import Scalar, Value, identity
from projects.notebook.inputs.kind import Behaviour, InputKind, PythonValue
from projects.notebook.inputs.links import encode, fits_in_a_link, query_string
from projects.notebook.inputs.options import OptionsFromValue, options_from_value, value_among
from projects.notebook.inputs.python_code import assignment, resolve, source
from projects.notebook.inputs.query import Parsed, defaults, parse_query, parse_values, settle
from projects.notebook.inputs.ranges import limits
from projects.notebook.inputs.refusals import NotAllowed, Problem
from projects.notebook.inputs.specs import InputSpec
from projects.notebook.inputs.values import empty_value

__all__ = [
    "Behaviour",
    "InputKind",
    "InputSpec",
    "NotAllowed",
    "OptionsFromValue",
    "Parsed",
    "Problem",
    "PythonValue",
    "Scalar",
    "Value",
    "assignment",
    "defaults",
    "empty_value",
    "encode",
    "fits_in_a_link",
    "identity",
    "limits",
    "options_from_value",
    "parse_query",
    "parse_values",
    "query_string",
    "resolve",
    "settle",
    "source",
    "value_among",
]
