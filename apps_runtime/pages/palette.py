"""What the palette finds: things to do, and the projects, cells and apps that its reader may open."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import connection
from django.db.models import TextField
from django.db.models.functions import Cast
from django.urls import reverse

from apps_runtime.pages import gallery, home
from projects.levels import Level
from projects.models import Draft, User
from projects.notebook.document import Cell, CellKind
from projects.permissions import projects_of
from projects.templatetags.times import say_day

MOST = 6
# Text of cells is looked for in the notebooks edited last, from three letters on: notebooks can be large.
NOTEBOOKS = 50
SHORTEST = 3
LONGEST_LINE = 120


class Scope(StrEnum):
    """Where to look; the empty one is everywhere."""

    ALL = ""
    DO = "do"
    CELLS = "cells"
    PROJECTS = "projects"
    APPS = "apps"

    @property
    def label(self) -> str:
        return self.value.capitalize() or "All"


@dataclass(frozen=True)
class MarkedPart:
    """A piece of an option's words; `found` if it is what was looked for."""

    text: str
    found: bool = False


@dataclass(frozen=True)
class PaletteOption:
    """Something to open. `inside`: what it belongs to; `is_dialogue`: its address opens over the page."""

    icon: str
    address: str
    parts: Sequence[MarkedPart]
    inside: str = ""
    end: str = ""
    is_code: bool = False
    is_dialogue: bool = False


@dataclass(frozen=True)
class PaletteGroup:
    title: str
    options: Sequence[PaletteOption]


def find(user: User, query: str, scope: Scope = Scope.ALL) -> list[PaletteGroup]:
    """The groups that have something; lines of cells come last, because there are many. Without a query: what was at
    hand last."""
    finders = {Scope.DO: _actions, Scope.PROJECTS: _projects, Scope.APPS: _apps, Scope.CELLS: _cells}
    chosen = finders if scope is Scope.ALL else {scope: finders[scope]}
    groups = [PaletteGroup(each.label, list(finder(user, query))) for each, finder in chosen.items()]
    return [group for group in groups if group.options]


def marked(text: str, query: str) -> list[MarkedPart]:
    """The text in parts; those are found that are a word of the query, in any case."""
    words = sorted(set(query.split()), key=len, reverse=True)
    if not words:
        return [MarkedPart(text)]
    pattern = re.compile("|".join(map(re.escape, words)), re.IGNORECASE)
    parts, at = [], 0
    for match in pattern.finditer(text):
        parts += [MarkedPart(text[at : match.start()]), MarkedPart(match[0], found=True)]
        at = match.end()
    return [part for part in [*parts, MarkedPart(text[at:])] if part.text]


def _actions(user: User, query: str) -> Iterable[PaletteOption]:
    new = reverse("project-new")
    actions = [
        ("plus", "New project", new, True),
        ("upload", "Import a notebook", f"{new}?import", True),
        ("notebook", "Go to your projects", reverse("home"), False),
        ("trash", "Open the trash", reverse("trash"), False),
        ("person", "Open your profile", reverse("profile"), False),
    ]
    for icon, words, address, is_dialogue in actions:
        if all(word.lower() in words.lower() for word in query.split()):
            yield PaletteOption(icon, address, marked(words, query), is_dialogue=is_dialogue)


def _projects(user: User, query: str) -> Iterable[PaletteOption]:
    found = home.listed(user, search=query).select_related("workspace").order_by("-edited_at")[:MOST]
    for project in found:
        yield PaletteOption(
            "notebook",
            project.get_absolute_url(),
            marked(project.title, query),
            inside=project.workspace.name,
            end=say_day(project.edited_at),
        )


def _apps(user: User, query: str) -> Iterable[PaletteOption]:
    found = gallery.matching(gallery.openable(user), query).select_related("workspace")[:MOST]
    for project in found:
        yield PaletteOption(
            "chart",
            project.app_url,
            marked(project.app_title or project.title, query),
            inside=project.workspace.name,
            end=say_day(project.results_at) if project.results_at else "",
        )


def _cells(user: User, query: str) -> Iterable[PaletteOption]:
    text = query.strip()
    if len(text) < SHORTEST:
        return
    readable = projects_of(user, Level.CAN_VIEW).values("pk")
    recent = Draft.objects.filter(project__in=readable).order_by("-edited_at").values_list("pk", flat=True)[:NOTEBOOKS]
    # As text it is JSON, so what is looked for is written as JSON too: SQLite keeps it in ASCII, PostgreSQL does not.
    written = json.dumps(text, ensure_ascii=connection.vendor == "sqlite")[1:-1]
    drafts = (
        Draft.objects.filter(pk__in=list(recent))
        .annotate(text=Cast("document", TextField()))
        .filter(text__icontains=written)
        .select_related("project__workspace")
        .order_by("-edited_at")[:MOST]
    )
    lines = (
        (draft, number, cell, line)
        for draft in drafts
        for number, cell in enumerate(draft.notebook.cells, 1)
        if (line := _line_with(cell, text))
    )
    for (draft, number, cell, line), _ in zip(lines, range(MOST), strict=False):
        is_code = cell.kind is not CellKind.MARKDOWN
        yield PaletteOption(
            "code" if is_code else "text",
            f"{draft.project.get_absolute_url()}#cell-{cell.id}",
            [MarkedPart("…"), *marked(line[1:], text)] if line.startswith("…") else marked(line, text),
            inside=draft.project.title,
            end=f"Cell {number}" if is_code else "Text",
            is_code=is_code,
        )


def _line_with(cell: Cell, text: str) -> str:
    """The first line of the cell that has the text in it, from a little before it; "" for none."""
    for line in cell.source.splitlines():
        at = line.lower().find(text.lower())
        if at >= 0:
            start = max(0, at - 40)
            return f"{'…' if start else ''}{line[start : start + LONGEST_LINE].strip()}"
    return ""
