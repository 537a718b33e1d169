"""Galleries of apps: published ones, as cards with a picture, a title, a line and the age of the results."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.fields.json import KT

from apps_runtime.pages.thumbnails import Thumbnail, thumbnails
from projects.models import Project, User, Version
from projects.models.projects import ProjectQuerySet
from projects.permissions import Person, projects_of


@dataclass(frozen=True)
class Card:
    """One app. `results_at`: when what it shows was made, None before its first results."""

    project: Project
    title: str
    description: str
    author: User
    results_at: datetime | None
    thumbnail: Thumbnail


def openable(user: User) -> ProjectQuerySet:
    """Published apps that the person may open by a grant or the workspace."""
    return published(projects_of(user))


def shared_with(user: User) -> ProjectQuerySet:
    """Those among them that somebody else began."""
    return openable(user).exclude(created_by=user)


def of_workspace(slug: str, person: Person) -> ProjectQuerySet:
    """The workspace's published apps that this person may open: a stranger the public ones.

    Apps that anyone with the link may open are in no list; their address is the key.
    """
    mine = Q(visibility=Project.Visibility.PUBLIC)
    if person.is_authenticated and person.is_active:
        mine |= Q(pk__in=projects_of(person).values("pk"))
    return published(Project.objects.kept().filter(mine, workspace__slug=slug))


def published(projects: ProjectQuerySet) -> ProjectQuerySet:
    """Those with an app, the newest results first, with what a card says of it."""
    version = Version.objects.filter(pk=OuterRef("publication__version"))

    def of_settings(name: str) -> Subquery:
        return Subquery(version.annotate(text=KT(f"document__metadata__hexlite__app__{name}")).values("text"))

    return (
        projects.filter(publication__isnull=False)
        .annotate(
            app_title=of_settings("title"),
            description=of_settings("description"),
            run_id=F("publication__results__run"),
            results_at=F("publication__results__run__ended_at"),
        )
        .order_by(F("results_at").desc(nulls_last=True), "title")
    )


def matching(projects: ProjectQuerySet, search: str) -> ProjectQuerySet:
    """Of those `published` gives, the ones with every word of `search` in title or description."""
    for word in search.split()[:10]:
        projects = projects.filter(
            Q(title__icontains=word) | Q(app_title__icontains=word) | Q(description__icontains=word)
        )
    return projects


def cards(projects: ProjectQuerySet) -> list[Card]:
    """One query, and two more for pictures that this process has not made yet."""
    found = list(
        projects.select_related("workspace", "publication__version", "publication__published_by").defer(
            "publication__version__document"
        )
    )
    pictures = thumbnails({project.run_id: project.publication.version_id for project in found if project.run_id})
    return [
        Card(
            project=project,
            title=project.app_title or project.publication.version.title,
            description=project.description or "",
            author=project.publication.published_by,
            results_at=project.results_at,
            thumbnail=pictures.get(project.run_id, Thumbnail()),
        )
        for project in found
    ]
