"""Drawing a difference."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.template import Context
from django.utils.safestring import SafeString

from apps_runtime.outputs.render import render_outputs
from apps_runtime.pages.fragments import outputs_url
from apps_runtime.readers import AUTHOR
from projects.notebook.difference import DifferenceLine, TextDifference

register = template.Library()


@register.filter
def around(text: TextDifference) -> tuple[tuple[DifferenceLine, ...], ...]:
    """The changed lines with two lines around them."""
    return text.around_changes(2)


@register.filter
def signed(number: float) -> str:
    """“+3.1”, “−12”, “+1,234,567”: three figures are enough to see how much."""
    text = f"{number:+.3g}"
    if "e+" in text or abs(number) >= 1000:
        text = f"{number:+,.0f}"
    return text.replace("-", "−")


@register.filter
def of(found: Mapping[Any, Any], key: Any) -> Any:
    """What a mapping has for a key, None where nothing."""
    return found.get(key)


@register.filter
def sentence(text: str) -> str:
    """With a full stop, where the text has no end of its own (Python's errors have none)."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


@register.simple_tag(takes_context=True)
def output_side(context: Context, output: dict[str, Any]) -> SafeString:
    """One output of one side, drawn as everywhere. The template has `project`."""
    return render_outputs([output], context=AUTHOR.context(outputs_url(context["project"]), density="compact"))
