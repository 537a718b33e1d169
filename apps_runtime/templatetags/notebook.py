"""Words and options of the notebook page's settings panel."""

import json

from django import template

from apps_runtime.pages.app import Control
from apps_runtime.templatetags.inputs import ChoiceOption, words_of
from projects.notebook.inputs import InputSpec, encode

register = template.Library()


@register.filter
def default_options(control: Control) -> list[ChoiceOption]:
    """The options of an input, with its default selected rather than the value somebody chose."""
    spec = control.spec
    defaults = spec.default if isinstance(spec.default, list) else [spec.default]
    marks = {json.dumps(value) for value in defaults}
    offered = list(control.options or ()) if spec.options_from else list(spec.options)
    # Options of a variable that are not known yet, or not the ones from when the default was chosen.
    offered += [value for value in defaults if value is not None and value not in offered]
    return [ChoiceOption(json.dumps(option), words_of(option), json.dumps(option) in marks) for option in offered]


@register.filter
def example_in_link(spec: InputSpec) -> str:
    """The default as a link carries it."""
    return encode(spec, spec.default)
