"""The links of an app, made by the server so that its own parser reads them back."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from apps_runtime.models import PublishedResults, Session
from apps_runtime.pages.app import Control
from apps_runtime.readers import VIEWER, reader_of
from apps_runtime.services.links import links
from apps_runtime.services.runs.facts import value_words
from apps_runtime.services.sessions import options, sessions
from apps_runtime.session.state import State
from apps_runtime.views.app import visitor_of
from projects.models import Project
from projects.notebook import inputs
from projects.notebook.inputs import InputSpec
from projects.permissions import Action, load, rights_of
from projects.shapes import read_object


@require_POST
def link(request: HttpRequest, workspace: str, project_id: str) -> JsonResponse:
    """`?kind=published`, `inputs`, `session` or `build`; body `{"values": {…}, "session": id, "token": …}`.

    `inputs` is a link to what the page shows; `session` turns the visitor's own session into a shared one, which it
    begins where there is none; `build` is a link that sets these values only, with what it would set in words.
    """
    kind = request.GET.get("kind", "")
    project = load(request.user, workspace, project_id, Action.SHARE_SESSION if kind == "session" else Action.OPEN_APP)
    address = request.build_absolute_uri(project.app_url)
    if kind not in ("inputs", "session", "build"):
        return JsonResponse({"link": address})
    body = read_object(request.body)
    given = body.get("values")
    if not isinstance(given, dict):
        return JsonResponse({"sentence": "The values of this page could not be read."}, status=400)
    session = _session(request, project, body)
    if kind == "session":
        return JsonResponse({"link": request.build_absolute_uri(_shared(request, project, session))})
    specs = reader_of(rights_of(request.user, project)).inputs(project.publication.version.notebook)
    if kind == "build":
        return JsonResponse(_built(project, address, specs, given, run=body.get("run") is True))
    now = timezone.now()
    parsed = inputs.parse_values(specs, given, _present(project, session, specs), now)
    values = {**parsed.values, **parsed.held}
    made = links.address_with(project=project, app=address, specs=specs, values=values, now=now)
    return JsonResponse({"link": made, "without": links.left_out(specs, values)})


@require_GET
def build(request: HttpRequest, workspace: str, project_id: str) -> HttpResponse:
    """The dialogue in which an author puts a link together."""
    project = load(request.user, workspace, project_id, Action.VIEW_NOTEBOOK)
    if not hasattr(project, "publication"):
        return HttpResponse(status=404)
    notebook = project.publication.version.notebook
    specs = reader_of(rights_of(request.user, project)).inputs(notebook)
    values, known = _present(project, None, specs), options.shown_in(project.publication)
    controls = [
        Control(spec, values[spec.name], found=known.get(spec.name), place="build-")
        for spec in specs
        if spec.kind.part_of_links
    ]
    context = {
        "project": project,
        "controls": controls,
        "for_readers": {spec.name for spec in specs} - VIEWER.names(notebook),
        "address": request.build_absolute_uri(project.app_url),
    }
    return render(request, "app/build_link.html", context)


def _built(
    project: Project, address: str, offered: Sequence[InputSpec], given: Mapping[str, Any], *, run: bool
) -> dict[str, Any]:
    specs = {spec.name: spec for spec in offered}
    parsed = inputs.parse_values(offered, given, {}, timezone.now())
    every = {**parsed.values, **parsed.held}
    chosen = {name: every[name] for name in parsed.given if name not in parsed.ignored}
    made = links.address_with(project=project, app=address, specs=offered, values=chosen, now=timezone.now(), run=run)
    return {
        "link": made,
        "sets": [[specs[name].title, value_words(value)] for name, value in chosen.items()],
        "run": run,
        "short": f"{links.SHORT}=" in made,
        "ignored": dict(parsed.ignored),
    }


def _present(project: Project, session: Session | None, specs: Iterable[InputSpec]) -> dict[str, Any]:
    """These inputs as they stand: in the session, else in the results that are shown, else at their defaults."""
    publication = project.publication
    if session is not None:
        found: Mapping[str, Any] = State.from_json(session.state).shown_values
    else:
        shown = PublishedResults.objects.filter(publication=publication, run__version=publication.version).first()
        found = shown.run.used_values if shown else {}
    return {spec.name: found.get(spec.name, spec.default) for spec in specs}


def _session(request: HttpRequest, project: Project, body: Mapping[str, Any]) -> Session | None:
    return sessions.of_window(
        project=project,
        person=request.user if request.user.is_authenticated else None,
        visitor=visitor_of(request),
        identity=str(body.get("session") or ""),
        token=str(body.get("token") or ""),
    )


def _shared(request: HttpRequest, project: Project, session: Session | None) -> str:
    """The address of the session this person is in; a new one, where nothing was moved yet."""
    session = session or sessions.open_app(
        version=project.publication.version, person=request.user, visitor="", values={}
    )
    return reverse("shared-session", args=[project.workspace.slug, project.pk, sessions.share(session=session)])
