"""Times as people say them, exact on hover."""

from datetime import UTC, datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def when(moment: datetime) -> SafeString:
    """`<time>`: “06:00 today”, “18:30 yesterday”, “3 Nov”, “28 Oct 2024”, in the reader's zone."""
    local = timezone.localtime(moment)
    return _time(local, say(moment))


@register.simple_tag
def age(moment: datetime) -> str:
    """“4 h 42 min”, “3 days”, “a moment”."""
    return say_age((timezone.now() - moment).total_seconds())


@register.simple_tag
def ago(moment: datetime) -> SafeString:
    """`<time>`: “4 min ago”, “2 h ago”, then as `when`."""
    seconds = (timezone.now() - moment).total_seconds()
    local = timezone.localtime(moment)
    words = f"{say_age(seconds)} ago" if seconds < 12 * 3600 else say_day(moment)
    return _time(local, words)


@register.simple_tag
def clock(moment: float) -> SafeString:
    """`<time>`: “10:31”, of seconds since 1970; a page that hears of it later writes its own reader's hour there."""
    local = timezone.localtime(datetime.fromtimestamp(moment, tz=UTC))
    return format_html('<time datetime="{}" data-clock>{}</time>', local.isoformat(), f"{local:%H:%M}")


@register.filter
def duration(seconds: float | None) -> str:
    """“0.02 s”, “12 s”, “3 min 20 s”, “1 h 5 min”; nothing for None."""
    if seconds is None:
        return ""
    if seconds < 10:
        return f"{seconds:.2f} s" if seconds < 1 else f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def say(moment: datetime) -> str:
    local, today = timezone.localtime(moment), timezone.localdate()
    days = (today - local.date()).days
    if days == 0:
        return f"{local:%H:%M} today"
    if days == 1:
        return f"{local:%H:%M} yesterday"
    return say_day(moment)


def say_day(moment: datetime) -> str:
    local, today = timezone.localtime(moment), timezone.localdate()
    days = (today - local.date()).days
    if days == 0:
        return "Today"
    if days == 1:
        return "Yesterday"
    if 1 < days < 7:
        return f"{local:%A}"
    return f"{local:%-d %b}" if local.year == today.year else f"{local:%-d %b %Y}"


def say_age(seconds: float) -> str:
    if seconds < 60:
        return "a moment"
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes and hours < 12 else f"{hours} h"
    days = hours // 24
    return "1 day" if days == 1 else f"{days} days"


def _time(local: datetime, words: str) -> SafeString:
    exact = f"{local:%-d %b %Y, %H:%M %Z}"
    return format_html('<time datetime="{}" title="{}">{}</time>', local.isoformat(), exact, words)
