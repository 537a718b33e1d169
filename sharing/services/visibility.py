"""How open a project is besides its grants: the workspace's level, the app's visibility, embedding, who may share."""

import re
from urllib.parse import urlsplit

from django.db import transaction

from projects.levels import Level
from projects.models import Project, User
from projects.permissions import Action, check
from projects.services import audit
from sharing.services import grants
from sharing.services.grants import access_changed

MOST_SITES = 20
_HOST = re.compile(r"(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


class BadSite(Exception):
    """A text that names no site which could embed the app."""


def set_workspace_level(*, project: Project, level: Level | None, by: User) -> None:
    """What every member of the workspace gets. Raises NotEnough: the rules are those of a grant."""
    with transaction.atomic():
        project = Project.objects.select_for_update().get(pk=project.pk)
        before = Level(project.workspace_level) if project.workspace_level else None
        if before == level:
            return
        for touched in (before, level):
            if touched:
                grants.check_may_give(project, by, touched)
        if level is Level.FULL_ACCESS:
            raise ValueError("A workspace is never given Full Access.")
        project.workspace_level = level or ""
        project.save(update_fields=["workspace_level"])
        audit.record(
            project=project,
            by=by,
            action="granted" if level else "revoked",
            workspace=project.workspace.name,
            before=before.label if before else "",
            after=level.label if level else "",
        )
        _tell_everybody(project)


def set_visibility(*, project: Project, visibility: Project.Visibility, by: User) -> None:
    """Who may open the app besides the people with a level. Raises NotEnough. What was open is closed at once."""
    with transaction.atomic():
        project = Project.objects.select_for_update().get(pk=project.pk)
        check(by, project, Action.CHANGE_VISIBILITY)
        before = Project.Visibility(project.visibility)
        if before == visibility:
            return
        project.visibility = visibility
        project.save(update_fields=["visibility"])
        audit.record(project=project, by=by, action="changed visibility", before=before.label, after=visibility.label)
        _tell_everybody(project)


def set_editors_can_share(*, project: Project, allowed: bool, by: User) -> None:
    """Raises NotEnough: only Full Access decides who may share."""
    with transaction.atomic():
        project = Project.objects.select_for_update().get(pk=project.pk)
        check(by, project, Action.GRANT_FULL)
        if project.editors_can_share == allowed:
            return
        project.editors_can_share = allowed
        project.save(update_fields=["editors_can_share"])
        audit.record(project=project, by=by, action="let editors share" if allowed else "kept sharing to owners")


def set_embed_sites(*, project: Project, text: str, by: User) -> list[str]:
    """The sites that may show the app in a frame, one a line; none switches embedding off.

    Raises NotEnough, and BadSite with a sentence.
    """
    sites = parse_sites(text)
    with transaction.atomic():
        project = Project.objects.select_for_update().get(pk=project.pk)
        check(by, project, Action.CHANGE_VISIBILITY)
        if project.embed_sites != sites:
            project.embed_sites = sites
            project.save(update_fields=["embed_sites"])
            audit.record(project=project, by=by, action="changed embedding", sites=sites)
    return sites


def parse_sites(text: str) -> list[str]:
    """Origins, one a line, as `frame-ancestors` takes them: `https://intranet.example.org`, `https://*.example.org`.

    Written into a header, so nothing passes that is not scheme, host and port. Raises BadSite with a sentence.
    """
    sites: list[str] = []
    for line in text.split():
        site = _site(line)
        if site not in sites:
            sites.append(site)
    if len(sites) > MOST_SITES:
        raise BadSite(f"{MOST_SITES} sites are the most.")
    return sites


def _site(line: str) -> str:
    example = "Write a site as https://intranet.example.org."
    try:
        parts = urlsplit(line.lower())
        port = parts.port
    except ValueError:
        raise BadSite(f"“{line[:80]}” is no address. {example}") from None
    if parts.scheme not in {"https", "http"} or parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise BadSite(f"“{line[:80]}” is not only a site. {example}")
    host = parts.hostname or ""
    if parts.username is not None or not _HOST.fullmatch(host) or len(host) > 253:
        raise BadSite(f"“{line[:80]}” is no site. {example}")
    if host.startswith("*.") and host.count(".") < 2:
        raise BadSite(f"“{line[:80]}” would be a whole top-level domain. {example}")
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")


def _tell_everybody(project: Project) -> None:
    members = frozenset(project.workspace.members.values_list("pk", flat=True))
    transaction.on_commit(lambda: access_changed.send(Project, project=project, user_ids=members))
