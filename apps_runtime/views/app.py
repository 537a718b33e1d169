"""The published app: rendered from stored results, without a kernel."""

import secrets
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps_runtime.models import CellResult, PublishedResults, Session
from apps_runtime.pages import fragments
from apps_runtime.pages.app import AppPage, app_page, latest_change
from apps_runtime.pages.progress import Progress, failures_unseen, of_results, of_session
from apps_runtime.readers import Reader
from apps_runtime.services.links import followers, links
from apps_runtime.services.publishing import publishing
from apps_runtime.services.sessions import options, sessions
from apps_runtime.session.state import State
from apps_runtime.views.presenting import present, presentation
from projects.models import Project, User, Version
from projects.notebook import inputs
from projects.permissions import Action, NotYours, Rights, load, may, rights_of
from projects.shapes import judges_its_query

# A page that was overtaken this often is shown as it was read last.
ATTEMPTS = 5
NOT_FOR_LOOKING = "The values of this link were not used: you can look at this app, not run it."


@judges_its_query
@require_safe
def app(request: HttpRequest, workspace: str, project_id: str, *, attempt: int = 1) -> HttpResponse:
    """`/<workspace>/hex/<project_id>/latest`: looking costs nothing (specs/sessions, "Opening an app").

    The version and its results are read one after the other. Where somebody publishes between the two, the page is made
    anew: a visitor gets the old app or the new one, never something between (specs/publishing 7).
    """
    project = load(request.user, workspace, project_id, Action.OPEN_APP)
    if not hasattr(project, "publication"):
        return _not_published(request, project)
    person = request.user if request.user.is_authenticated else None
    rights = rights_of(request.user, project)
    reader = fragments.reader_of(rights)
    version = project.publication.version
    now = timezone.now()
    parsed = links.read(project=project, query_string=request.META.get("QUERY_STRING", ""), now=now, reader=reader)
    if attempt == 1:
        links.note_problems(project_id=project.pk, sentences=parsed.ignored.values(), now=now)
    linked = bool(parsed.given or parsed.run or request.GET.get("__new"))
    visitor = visitor_of(request)  # Known from here on, so that a stranger comes back to what a link begins.
    if linked and attempt == 1:
        asked = request.META.get("QUERY_STRING", "")
        followers.note(project=project, query_string=asked, person=person, visitor=visitor, now=now)
    session = None
    if not linked:
        session = sessions.find(project=project, person=person, visitor=visitor, now=now)
    if session is not None and not _is_behind(session, version):
        return _page(request, rights, _of_session(project, session, reader))
    linked_values = {name: parsed.values[name] for name in parsed.given if name not in parsed.ignored}
    given = {**linked_values, **parsed.held} or _kept(session, version, reader)
    notice = parsed.notice
    if given and not reader.may_run:  # Values without a run would stand beside results that are not theirs.
        given, notice = {}, NOT_FOR_LOOKING
    context = _of_results(project, version, reader, given)
    if attempt < ATTEMPTS and publishing.shown_now(project.pk) != (version.number, context["shown_run"]):
        return app(request, workspace, project_id, attempt=attempt + 1)
    context |= {
        "given": given,
        "run_on_load": reader.may_run and (parsed.run or version.notebook.settings.outputs == "run"),
        "notice": notice,
    }
    return _page(request, rights, context)


@judges_its_query
@require_safe
def shared_session(request: HttpRequest, workspace: str, project_id: str, token: str) -> HttpResponse:
    """`/<workspace>/hex/<project_id>/session/<token>`: everybody with the link who may open the app sees the same.

    Parameters on this link are ignored: joining must not change what the others see.
    """
    project = load(request.user, workspace, project_id, Action.JOIN_SESSION)
    session = Session.objects.select_related("version").filter(project=project, token=token).first()
    if session is None:
        raise NotYours()
    rights = rights_of(request.user, project)
    response = _page(request, rights, _of_session(project, session, fragments.reader_of(rights)))
    response.headers["X-Robots-Tag"] = "noindex"  # A session is nobody's front door, even of a public app.
    return response


def _is_behind(session: Session, version: Version) -> bool:
    """Live updates are seen on reload; other versions when the visitor switches."""
    return session.version_id != version.pk and version.notebook.settings.live_updates


def _kept(session: Session | None, version: Version, reader: Reader) -> dict[str, Any]:
    """The inputs that the visitor had chosen in a session that is left for a newer version."""
    if session is None:
        return {}
    there = reader.inputs(version.notebook)
    specs = {spec.name: spec for spec in there if spec.kind.settable_by_link}
    chosen = {name: value for name, value in State.from_json(session.state).values.items() if name in specs}
    parsed = inputs.parse_values(there, chosen, {}, timezone.now())
    values = {**parsed.values, **parsed.held}
    return {name: values[name] for name in chosen if values[name] != specs[name].default}


def _page(request: HttpRequest, rights: Rights, context: dict[str, Any]) -> HttpResponse:
    context |= {
        "presentation": presentation(request, rights.project),
        "may_share": request.user.is_authenticated and rights.may(Action.SHARE_SESSION),
        "may_edit": rights.may(Action.VIEW_NOTEBOOK),
    }
    return present(request, rights.project, render(request, "app/app.html", context))


def _of_session(project: Project, session: Session, reader: Reader) -> dict[str, Any]:
    state = State.from_json(session.state)
    version = session.version
    results = {cell.cell_id: cell for cell in session.cells.all()}
    page = app_page(
        notebook=version.notebook,
        title=version.title,
        results=results,
        values=state.shown_values,
        by=state.by if session.token else {},
        whys={cell.id: cell.why for cell in state.cells},
        reader=reader,
        options=state.options,
    )
    shown = PublishedResults.objects.filter(publication__project=project, run__version=version).select_related("run")
    unseen = failures_unseen(session, state, reader)
    progress = of_session(session, state, published=shown.first(), unseen=unseen)
    return {
        **_context(project, version, page, progress, reader),
        "session": session,
        "sequence": session.sequence,
        "notes": reader.notes(version.notebook, state.notes),
        "change": latest_change(version.notebook, state, reader, shared=session.token is not None),
        "newer": project.publication if project.publication.version_id != session.version_id else None,
    }


def _of_results(project: Project, version: Version, reader: Reader, given: Mapping[str, Any]) -> dict[str, Any]:
    """The app without a session. Precedence of values: what is `given` (by a link), then the last run's where results
    are shown, then the default (specs/url-parameters)."""
    notebook = version.notebook
    results: dict[str, CellResult] = {}
    published = None
    if notebook.settings.outputs == "published":
        published = (
            PublishedResults.objects.filter(publication=project.publication, run__version=version)
            .select_related("run")
            .first()
        )
    if published:
        results = {cell.cell_id: cell for cell in published.run.cells.all()}
        for result in results.values():
            result.sequence = 0  # Events of a session that begins here count from 1.
    used = published.run.used_values if published else {}
    page = app_page(
        notebook=notebook,
        title=version.title,
        results=results,
        values={**inputs.defaults(notebook.inputs), **used, **given},
        by={},
        whys={},
        reader=reader,
        options=options.of_run(published.run) if published else {},
    )
    progress = of_results(published.run if published else None, results.values(), notebook, reader)
    shown = str(published.run_id) if published else ""
    return {**_context(project, version, page, progress, reader), "session": None, "sequence": 0, "shown_run": shown}


def _context(project: Project, version: Version, page: AppPage, progress: Progress, reader: Reader) -> dict[str, Any]:
    authors = {project.created_by_id, project.publication.published_by_id}
    return {
        "project": project,
        "version": version,
        "page": page,
        "progress": progress,
        "reader": reader,
        "settings": version.notebook.settings,
        "authors": sorted({person.name for person in User.objects.filter(pk__in=authors)}),
        "input_count": len(reader.inputs(version.notebook)),
    }


def _not_published(request: HttpRequest, project: Project) -> HttpResponse:
    """Editors get a hint; everybody else the same answer as for nothing."""
    if may(request.user, project, Action.VIEW_NOTEBOOK):
        return render(request, "app/not_published.html", {"project": project}, status=404)
    raise NotYours()


def visitor_of(request: HttpRequest) -> str:
    """The key by which a stranger finds his own session again; kept in the signed-out session cookie."""
    if request.user.is_authenticated:
        return ""
    if "visitor" not in request.session:
        request.session["visitor"] = secrets.token_urlsafe(24)
    return request.session["visitor"]
