"""Markup without the white space around its tags: for tests of what a page says, however its template is laid out."""

import re


def tight(html: str) -> str:
    return re.sub(r"\s*(<[^>]*?)\s*>\s*", r"\1>", flat(html))


def flat(html: str) -> str:
    """On one line: a sentence is one piece wherever its template breaks it."""
    return " ".join(html.split())
