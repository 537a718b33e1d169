"""The list of projects on the home page: rows of values, made with a fixed number of queries.

Documents of notebooks can be large, so they are not loaded: the database picks the little of them that a row shows.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, Subquery
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce

from apps_runtime.models import Participant, PublishedResults, Run, Schedule
from apps_runtime.pages.run_words import StateTick, Status, status_of, ticks_of
from apps_runtime.session.state import CellState
from projects.levels import Level
from projects.models import Draft, Project, ProjectUserGrant, User
from projects.models.projects import ProjectQuerySet
from projects.permissions import levels_of, projects_of

TICKS = 14
FACES = 4
# Runs that say how the app is doing: not what somebody only wanted to see, and not those of other programs.
HISTORY = [Run.Trigger.PUBLISH, Run.Trigger.SCHEDULE, Run.Trigger.MANUAL]


class HomeSection(StrEnum):
    """Which projects are listed."""

    ALL = "all"
    PUBLISHED = "published"
    SCHEDULED = "scheduled"
    FAILED = "failed"

    @property
    def label(self) -> str:
        return self.value.capitalize()


class Sort(StrEnum):
    """By what, and which way round."""

    TITLE = "title"
    TITLE_DOWN = "-title"
    EDITED = "edited"
    EDITED_DOWN = "-edited"


_SHOWN = {
    HomeSection.ALL: Q(),
    HomeSection.PUBLISHED: Q(publication__isnull=False),
    HomeSection.SCHEDULED: Q(is_scheduled=True),
    HomeSection.FAILED: Q(last_state__in=[Run.State.FAILED, Run.State.LOST]),
}
_ORDERS = {
    Sort.TITLE: (F("title").asc(), F("pk").asc()),
    Sort.TITLE_DOWN: (F("title").desc(), F("pk").asc()),
    Sort.EDITED: (F("edited_at").asc(), F("pk").asc()),
    Sort.EDITED_DOWN: (F("edited_at").desc(), F("pk").asc()),
}


@dataclass(frozen=True)
class Face:
    """Somebody with access, or at work in the project just now."""

    person: User
    is_here: bool


@dataclass(frozen=True)
class ProjectRow:
    """One project as its reader sees it in the list. `more_people`: how many have no face in the row."""

    project: Project
    description: str
    edited_at: datetime
    editing: Sequence[str]
    status: Status
    ticks: Sequence[StateTick]
    schedule: str
    faces: Sequence[Face]
    more_people: int
    may_rename: bool

    @property
    def is_busy(self) -> bool:
        return self.status.state in ("queued", "running")

    @property
    def when(self) -> str:
        """“Bob is editing”, or nothing."""
        if not self.editing:
            return ""
        return f"{self.editing[0]} is editing" if len(self.editing) == 1 else f"{len(self.editing)} people are editing"


def listed(user: User, *, search: str = "", workspace: str = "") -> ProjectQuerySet:
    """Projects whose notebook the person may read, that have every word of `search` in title or description."""
    first = Draft.objects.filter(project=OuterRef("pk")).order_by("position", "pk")
    shown = Draft.objects.filter(pk=OuterRef("app_draft_id"))
    newest = Draft.objects.filter(project=OuterRef("pk")).order_by("-edited_at")
    runs = Run.objects.filter(version=OuterRef("publication__version")).exclude(trigger__in=Run.Trigger.aside())
    found = projects_of(user, Level.CAN_VIEW).annotate(
        app_draft_id=Coalesce("publication__version__draft", Subquery(first.values("pk")[:1])),
        draft_digest=Subquery(shown.values("digest")[:1]),
        description=Subquery(
            shown.annotate(description=KT("document__metadata__hexlite__app__description")).values("description")[:1]
        ),
        edited_at=Subquery(newest.values("edited_at")[:1]),
        is_scheduled=Exists(Schedule.objects.filter(project=OuterRef("pk"))),
        last_state=Subquery(runs.exclude(state__in=Run.State.unfinished()).order_by("-number").values("state")[:1]),
    )
    if workspace:
        found = found.filter(workspace__slug=workspace)
    for word in search.split()[:10]:
        found = found.filter(Q(title__icontains=word) | Q(description__icontains=word))
    return found


def counts(projects: ProjectQuerySet) -> dict[HomeSection, int]:
    """How many there are behind each segment. One query."""
    return projects.aggregate(**{show.value: Count("pk", filter=condition) for show, condition in _SHOWN.items()})


def narrowed(projects: ProjectQuerySet, show: HomeSection, sort: Sort) -> ProjectQuerySet:
    return projects.filter(_SHOWN[show]).order_by(*_ORDERS[sort])


def rows(projects: ProjectQuerySet, *, reader: User) -> list[ProjectRow]:
    """The rows of a page of projects, as `listed` annotates them."""
    found = list(
        projects.select_related("workspace", "publication__version", "created_by")
        .defer("publication__version__document")
        .prefetch_related(
            Prefetch("runs", Run.objects.filter(trigger__in=HISTORY).order_by("-number")[:TICKS], to_attr="history"),
            Prefetch("schedules", Schedule.objects.select_related("pause__by"), to_attr="plans"),
            Prefetch("projectusergrant_set", _everybody(), to_attr="grants"),
        )
    )
    ids = [project.pk for project in found]
    levels = levels_of(reader, found)
    going_on = _going_on(ids)
    results = dict(
        PublishedResults.objects.filter(publication__project__in=ids).values_list(
            "publication__project", "run__ended_at"
        )
    )
    here = _here(ids, reader)
    return [
        _row(
            project,
            level=levels.get(project.pk, Level.CAN_VIEW),
            running=going_on.get(project.pk),
            results_at=results.get(project.pk),
            here=here.get(project.pk, []),
        )
        for project in found
    ]


def stamp_of(found: Iterable[ProjectRow]) -> str:
    """Another text whenever a row says something else, apart from the time that passes."""
    told = [(str(row.project.pk), row.project.title, row.status, row.ticks, row.when, row.schedule) for row in found]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


def _row(
    project: Project, *, level: Level, running: Run | None, results_at: datetime | None, here: Sequence[User]
) -> ProjectRow:
    people = {project.created_by} if not level.includes(Level.CAN_EDIT) else {grant.user for grant in project.grants}
    present = set(here)
    faces = sorted(
        people | present, key=lambda person: (person not in present, person != project.created_by, person.name)
    )
    return ProjectRow(
        project=project,
        description=project.description or "",
        edited_at=project.edited_at,
        editing=[person.name for person in here],
        status=status_of(project, running=running, results_at=results_at),
        ticks=ticks_of(project.history),
        schedule=_schedule_words(project.plans),
        faces=[Face(person, person in present) for person in faces[:FACES]],
        more_people=max(0, len(faces) - FACES),
        may_rename=level.includes(Level.FULL_ACCESS),
    )


def _everybody():
    """One row a person: everybody with a grant holds App Only."""
    return ProjectUserGrant.objects.filter(
        permission__codename=Level.APP_ONLY.permission, user__is_active=True
    ).select_related("user")


def _going_on(ids: Iterable[UUID]) -> dict[UUID, Run]:
    """The newest unfinished run of each project, with `done` of `total` cells."""
    over = Q(cells__state__in=[CellState.DONE, CellState.FAILED, CellState.SKIPPED])
    runs = (
        Run.objects.unfinished()
        .filter(project__in=ids)
        .select_related("version")
        .defer("version__document")
        .annotate(done=Count("cells", filter=over), total=Count("cells"))
        .order_by("number")
    )
    return {run.project_id: run for run in runs}


def _here(ids: Iterable[UUID], reader: User) -> dict[UUID, list[User]]:
    """Who else has the notebook open."""
    windows = (
        Participant.objects.filter(session__draft__project__in=ids, user__isnull=False)
        .exclude(user=reader)
        .select_related("user")
        .annotate(project=F("session__project"))
        .order_by("joined_at")
    )
    people: dict[UUID, dict[User, None]] = {}
    for window in windows:
        people.setdefault(window.project, {})[window.user] = None
    return {project: list(present) for project, present in people.items()}


def _schedule_words(schedules: Sequence[Schedule]) -> str:
    if not schedules:
        return ""
    words = schedules[0].rule.words
    more = f" and {len(schedules) - 1} more" if len(schedules) > 1 else ""
    return f"{words[:1].upper()}{words[1:]}{more}"
