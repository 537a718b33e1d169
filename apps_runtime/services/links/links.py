"""Links with values: short ones whose values are kept here, what an address sets, and what links could not set."""

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs

from django.db.models import F

from apps_runtime.models import LinkProblem, SavedLink
from apps_runtime.readers import VIEWER, Reader
from projects.models import Project
from projects.notebook import inputs
from projects.notebook.inputs import InputSpec, Parsed, Value

# A visitor can make links; so many new ones a day, then long ones are handed out as they are.
MOST_A_DAY = 500
MOST_PROBLEMS = 100
SHORT = "__link"


def address_with(
    *,
    project: Project,
    app: str,
    specs: Iterable[InputSpec],
    values: Mapping[str, Value],
    now: datetime,
    run: bool = False,
) -> str:
    """The app's address `app` with the values of these inputs; a short one where that is too long (row 30)."""
    specs = [spec for spec in specs if spec.name in values]
    parts = [inputs.query_string(specs, values), "__run=true" if run else ""]
    query = "&".join(filter(None, parts))
    long = f"{app}?{query}" if query else app
    if inputs.fits_in_a_link(long):
        return long
    token = _saved(project, {spec.name: values[spec.name] for spec in specs if spec.kind.part_of_links}, now)
    return f"{app}?{SHORT}={token}{'&__run=true' if run else ''}" if token else long


def left_out(specs: Iterable[InputSpec], values: Mapping[str, Value]) -> str:
    """What of the page a link can't carry, in a sentence for who copies it; "" for nothing (rows 10 and 29)."""
    files = [spec.title for spec in specs if spec.kind.takes_upload and values.get(spec.name) is not None]
    buttons = [spec.title for spec in specs if spec.kind.is_pressed]
    named = [f"the file of {title}" for title in files] + [f"the button {title}" for title in buttons]
    return f"A link can't carry {' or '.join(named)}." if named else ""


def read(*, project: Project, query_string: str, now: datetime, reader: Reader = VIEWER) -> Parsed:
    """What the address of the published app sets for its reader: its own parameters, over those of a short link."""
    specs = reader.inputs(project.publication.version.notebook)
    parsed = inputs.parse_query(specs, query_string, now)
    token = parse_qs(query_string, errors="replace").get(SHORT, [""])[-1]
    if not token:
        return parsed
    saved = SavedLink.objects.filter(project=project, token=token).first()
    if saved is None:
        unknown = {SHORT: "the values of this short link are not kept here"}
        return replace(parsed, ignored={**parsed.ignored, **unknown}, given=(*parsed.given, SHORT))
    return _over(parsed, inputs.parse_values(specs, _by_present_name(specs, saved.values), {}, now))


def note_problems(*, project_id: object, sentences: Iterable[str], now: datetime) -> None:
    """Tell the app's authors, in the run log, what links asked for in vain. Sentences hold no values."""
    for sentence in sentences:
        known = LinkProblem.objects.filter(project_id=project_id, sentence=sentence[:300])
        if known.update(times=F("times") + 1, last_at=now):
            continue
        if LinkProblem.objects.filter(project_id=project_id).count() < MOST_PROBLEMS:
            LinkProblem.objects.get_or_create(
                project_id=project_id, sentence=sentence[:300], defaults={"last_at": now, "times": 1}
            )


def problems(*, project: Project, now: datetime) -> list[LinkProblem]:
    """Those of the last week, newest first."""
    return list(project.link_problems.filter(last_at__gte=now - timedelta(days=7))[:10])


def _over(parsed: Parsed, below: Parsed) -> Parsed:
    used = [name for name in parsed.given if name not in parsed.ignored]
    own = {name: parsed.values[name] for name in used}
    held = {name: value for name, value in below.held.items() if name not in used}
    return Parsed(
        values={**below.values, **own},
        ignored={**below.ignored, **parsed.ignored},
        run=parsed.run,
        held={**held, **parsed.held},
        given=tuple(dict.fromkeys((*below.given, *parsed.given))),
    )


def _by_present_name(specs: Iterable[InputSpec], values: Mapping[str, Any]) -> dict[str, Any]:
    """An input may have another name by now, or be gone, which nobody needs to be told."""
    now_called = {name: spec.name for spec in specs for name in spec.names}
    return {now_called[name]: value for name, value in values.items() if name in now_called}


def _saved(project: Project, values: Mapping[str, Value], now: datetime) -> str:
    """The token of a short link; "" when too many were made today."""
    digest = sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
    known = SavedLink.objects.filter(project=project, digest=digest).first()
    if known is None:
        if project.saved_links.filter(created_at__gte=now - timedelta(days=1)).count() >= MOST_A_DAY:
            return ""
        known, _ = SavedLink.objects.get_or_create(
            project=project, digest=digest, defaults={"token": secrets.token_urlsafe(12), "values": dict(values)}
        )
    return known.token
