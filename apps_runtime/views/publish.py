"""The publish dialogue: see it run, then publish exactly that (specs/publishing)."""

from dataclasses import replace

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from apps_runtime.models import PublishedResults, Run
from apps_runtime.pages import fragments
from apps_runtime.pages.app import PREVIEW, app_page
from apps_runtime.pages.progress import of_run
from apps_runtime.services.limits import rates
from apps_runtime.services.links import followers
from apps_runtime.services.publishing import publishing
from apps_runtime.services.runs.facts import failed_cell, numbers_of
from apps_runtime.services.sessions import options
from apps_runtime.views.dialogues import over_the_notebook
from apps_runtime.views.picking import draft_of
from projects.models import Draft, Project, Version
from projects.notebook.document import Notebook
from projects.permissions import Action, load, rights_of
from projects.services import input_settings, versions
from projects.services.comparing import compare
from projects.shapes import LARGEST, read_object


@require_POST
def preview(request: HttpRequest, workspace: str, project_id: str) -> HttpResponse:
    """Open the dialogue: freeze the draft, start its run, show both. `notebook`: which of several drafts."""
    project = load(request.user, workspace, project_id, Action.PUBLISH)
    draft = _draft(project, request.POST.get("notebook", ""))
    with rates.one_start(by=request.user):
        run = publishing.preview(draft=draft, by=request.user)
    return _dialogue(request, project, run)


@require_GET
@over_the_notebook
def dialogue(request: HttpRequest, workspace: str, project_id: str, number: int) -> HttpResponse:
    """The same dialogue, for a preview that was started."""
    project = load(request.user, workspace, project_id, Action.PUBLISH)
    return _dialogue(request, project, _preview(project, number))


@require_GET
def changes(request: HttpRequest, workspace: str, project_id: str, number: int) -> HttpResponse:
    """The difference alone; asked for again when the run has ended, because then outputs can be compared."""
    project = load(request.user, workspace, project_id, Action.PUBLISH)
    return render(request, "publish/changes.html", _changes(project, _preview(project, number)))


@require_GET
def said(request: HttpRequest, workspace: str, project_id: str, number: int) -> HttpResponse:
    """Whether the preview is still what there is to publish: who changed the draft since, who published in between.

    `?replaces=` is the number of the version that was live when the dialogue was opened (or nothing).
    """
    project = load(request.user, workspace, project_id, Action.PUBLISH)
    run = _preview(project, number)
    meanwhile = _published_since(run, request.GET.get("replaces", ""))
    return render(request, "publish/said.html", {"meanwhile": meanwhile, "edits": _edits_since(run.version)})


@require_POST
def keep_name(request: HttpRequest, workspace: str, project_id: str, number: int) -> HttpResponse:
    """Links that this preview would break go on working: `name` becomes an earlier name of the input `answers` in the
    draft, and a preview with it begins, which the answer shows."""
    project = load(request.user, workspace, project_id, Action.PUBLISH)
    draft = _preview(project, number).version.draft
    if draft is None:
        return JsonResponse({"sentence": "The notebook of this preview was deleted."}, status=409)
    name, answers = request.POST.get("name", "")[:200], request.POST.get("answers", "")[:200]
    try:
        with rates.one_start(by=request.user):
            input_settings.keep_name(draft=draft, name=name, answers=answers, by=request.user)
            run = publishing.preview(draft=draft, by=request.user)
    except input_settings.SettingsRefused as refusal:
        return JsonResponse({"sentence": str(refusal)}, status=400)
    return _dialogue(request, project, run)


@require_POST
def publish(request: HttpRequest, workspace: str, project_id: str, number: int) -> JsonResponse:
    """**Publish version** and **Publish now**: the snapshot of this preview becomes the app.

    Body: `replaces`, the number of the version that was live when the dialogue was opened (or null).
    409 with a sentence when another one is live by now.
    """
    project = load(request.user, workspace, project_id, Action.PUBLISH)
    run = _preview(project, number)
    replaces = read_object(request.body or b"{}").get("replaces")
    if replaces is not None and (type(replaces) is not int or not 0 <= replaces <= LARGEST):
        sentence = "Which version this replaces could not be read. Nothing was published; open the dialogue again."
        return JsonResponse({"sentence": sentence}, status=400)
    live_then = project.versions.filter(number=replaces).first() if replaces else None
    try:
        with rates.one_publication(project=project):
            publication = publishing.publish(version=run.version, by=request.user, replaces=live_then)
    except versions.PublishedMeanwhile as meanwhile:
        return JsonResponse({"sentence": str(meanwhile)}, status=409)
    return JsonResponse(
        {
            "version": publication.version.number,
            "app": request.build_absolute_uri(project.app_url),
            "sentence": f"Published version {publication.version.number}.",
        }
    )


@require_POST
def cancel(request: HttpRequest, workspace: str, project_id: str, number: int) -> JsonResponse:
    """The dialogue was closed without publishing."""
    project = load(request.user, workspace, project_id, Action.PUBLISH)
    publishing.unwatched(run=_preview(project, number))
    return JsonResponse({})


def _dialogue(request: HttpRequest, project: Project, run: Run) -> HttpResponse:
    reader = replace(fragments.reader_of(rights_of(request.user, project)), place=PREVIEW)
    publication = getattr(project, "publication", None)
    version = run.version
    page = app_page(
        notebook=version.notebook,
        title=version.title,
        results={cell.cell_id: cell for cell in run.cells.all()},
        values=run.used_values,
        by={},
        whys={},
        reader=reader,
        options=options.of_run(run),
    )
    return render(
        request,
        "publish/dialogue.html",
        {
            "project": project,
            "run": run,
            "version": version,
            "publication": publication,
            "page": page,
            "progress": of_run(run),
            "edits": _edits_since(version),
            **_changes(project, run),
        },
    )


def _changes(project: Project, run: Run) -> dict:
    """What publishing this preview would change."""
    publication = getattr(project, "publication", None)
    before = publication.version.notebook if publication else Notebook()
    shown = (
        PublishedResults.objects.filter(publication=publication).select_related("run").first() if publication else None
    )
    difference = compare(
        before,
        run.version.notebook,
        outputs_before=_outputs(shown.run) if shown else None,
        outputs_after=_outputs(run) if run.is_finished else None,
    )
    broken = {link.name for link in difference.broken_links}
    return {
        "difference": difference,
        "followers": followers.counted(project=project, names=broken, now=timezone.now()) if broken else {},
        "first": publication is None,
        "project": project,
        "run": run,
        "version": run.version,
        "side_before": f"Version {publication.version.number}" if publication else "",
        "side_after": "This preview",
        "failed": failed_cell(run, numbers_of(run.version.notebook)) if run.is_finished else None,
    }


def _outputs(run: Run) -> dict[str, list]:
    """Outputs as they are stored: values that are big are compared by their digest."""
    return {cell.cell_id: cell.outputs for cell in run.cells.all()}


def _edits_since(version: Version) -> Draft | None:
    """The draft, if it moved on since this snapshot of it."""
    draft = version.draft
    return draft if draft is not None and draft.digest != version.digest else None


def _published_since(run: Run, replaces: str) -> versions.PublishedMeanwhile | None:
    """The refusal that publishing this preview would meet now."""
    publication = getattr(run.project, "publication", None)
    if publication is None or publication.version_id == run.version_id or str(publication.version.number) == replaces:
        return None
    return versions.PublishedMeanwhile(publication)


def _preview(project: Project, number: int) -> Run:
    return get_object_or_404(
        project.runs.select_related("version__draft", "by").filter(trigger=Run.Trigger.PREVIEW), number=number
    )


def _draft(project: Project, identity: str) -> Draft:
    return draft_of(project, identity)
