"""Version control: list, read, compare, name, revert (specs/publishing)."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from apps_runtime.models import Run, SessionCell
from apps_runtime.outputs.prose import highlight_python, render_markdown
from apps_runtime.session.state import CellState
from apps_runtime.views.dialogues import over_the_notebook
from apps_runtime.views.picking import draft_of
from projects.models import AuditEvent, Draft, Project, Version
from projects.notebook.cells import CellKind
from projects.notebook.document import Notebook
from projects.permissions import Action, load, may
from projects.services import versions
from projects.services.comparing import compare
from projects.shapes import whole_number
from projects.templatetags.times import say_age

DRAFT = "draft"
MOST_LISTED = 200
MOST_LOOKED_AT = 5_000


@require_GET
@over_the_notebook
def dialogue(request: HttpRequest, workspace: str, project_id: str) -> HttpResponse:
    """The list with, beside it, a comparison: by default of what is published with the draft.

    `from` and `to`: numbers of versions, or "draft"; `show`: "compare" or "read".
    """
    project = load(request.user, workspace, project_id, Action.VIEW_VERSIONS)
    return render(request, "versions/dialogue.html", {"fragment": True, **_view(request, project)})


@require_GET
def comparison(request: HttpRequest, workspace: str, project_id: str) -> HttpResponse:
    """The part beside the list alone."""
    project = load(request.user, workspace, project_id, Action.VIEW_VERSIONS)
    return render(request, "versions/view.html", _view(request, project))


@require_POST
def save(request: HttpRequest, workspace: str, project_id: str) -> HttpResponse:
    """Save the present draft under a name."""
    project = load(request.user, workspace, project_id, Action.EDIT)
    name = request.POST.get("name", "")
    if not name.strip():
        return JsonResponse({"sentence": "Give the version a name."}, status=400)
    version = versions.save_version(draft=_draft(request, project), reason=Version.Reason.NAMED, by=request.user)
    versions.name_version(version=version, name=name, by=request.user)
    return JsonResponse({"version": version.number, "sentence": f"Saved “{version.naming.name}”."})


@require_POST
def name(request: HttpRequest, workspace: str, project_id: str, number: int) -> HttpResponse:
    """Name a version that was saved already."""
    project = load(request.user, workspace, project_id, Action.EDIT)
    version = get_object_or_404(project.versions, number=number)
    try:
        named = versions.name_version(version=version, name=request.POST.get("name", ""), by=request.user)
    except ValueError as error:
        return JsonResponse({"sentence": str(error)}, status=400)
    return JsonResponse({"version": number, "sentence": f"Version {number} is called “{named.name}” now."})


@require_POST
def revert(request: HttpRequest, workspace: str, project_id: str, number: int) -> HttpResponse:
    """The draft becomes this version; `undo` in the answer reverts to what it was."""
    project = load(request.user, workspace, project_id, Action.REVERT)
    version = get_object_or_404(project.versions.select_related("draft"), number=number)
    before = versions.revert(draft=version.draft or project.app_draft, version=version, by=request.user)
    return JsonResponse(
        {
            "undo": before.number,
            "sentence": f"The draft is {version.name} again. The app changes when you publish.",
        }
    )


def _view(request: HttpRequest, project: Project) -> dict:
    draft = _draft(request, project)
    found = _listed(draft)
    publication = getattr(project, "publication", None)
    live = publication.version if publication else None
    before = _chosen(project, draft, request.GET.get("from", ""), live or (found[-1] if found else None))
    after = _chosen(project, draft, request.GET.get("to", ""), None)
    live_for = _live_for(project, live)
    for version in (*found, before, after):
        if version is not None:
            version.was_live = version == live or version.number in live_for
    difference = compare(
        before.notebook if before else draft.notebook,
        after.notebook if after else draft.notebook,
        outputs_before=_outputs(before, draft),
        outputs_after=_outputs(after, draft),
    )
    return {
        "project": project,
        "draft": draft,
        "versions": found,
        "days": _by_day(found),
        "live_for": live_for,
        "live": live,
        "before": before,
        "after": after,
        "difference": difference,
        "side_before": before.name if before else "Draft",
        "side_after": after.name if after else "Draft",
        "show": "read" if request.GET.get("show") == "read" else "compare",
        "may_edit": may(request.user, project, Action.EDIT),
        "changed_since": _changes_since(live, draft),
        "read": _read(after.notebook if after else draft.notebook) if request.GET.get("show") == "read" else (),
    }


def _listed(draft: Draft) -> list[Version]:
    """The newest versions of a notebook. Live updates come at every saved change: one in ten minutes is enough to find
    the way back."""
    found: list[Version] = []
    shown_at = None
    every = timedelta(seconds=settings.HEXLITE_VERSION_EVERY_SECONDS)
    versions_of = draft.project.versions.filter(draft=draft).defer("document").select_related("created_by", "naming")
    for version in versions_of[:MOST_LOOKED_AT]:
        if version.reason == Version.Reason.LIVE and not hasattr(version, "naming"):
            if shown_at is not None and shown_at - version.created_at < every:
                continue
            shown_at = version.created_at
        found.append(version)
        if len(found) == MOST_LISTED:
            break
    return found


def _live_for(project: Project, live: Version | None) -> dict[int, str]:
    """Number of a version that was live → for how long altogether: “4 h 49 min”."""
    found: dict[int, float] = {}
    shown, since = None, None
    events = AuditEvent.objects.filter(project=project, action__in=["published", "deleted the app"]).order_by(
        "at", "pk"
    )
    for event in events:
        if shown is not None:
            found[shown] = found.get(shown, 0) + (event.at - since).total_seconds()
        shown, since = event.detail.get("version"), event.at
    return {number: say_age(seconds) for number, seconds in found.items() if live is None or number != live.number}


def _changes_since(live: Version | None, draft: Draft) -> int:
    """How many things differ between what is live and the draft."""
    return compare(live.notebook, draft.notebook).count if live is not None and live.digest != draft.digest else 0


def _read(notebook: Notebook) -> list[dict]:
    """The cells of a version, to be read and nothing else."""
    return [
        {
            "cell": cell,
            "prose": render_markdown(cell.source, cell.attachments) if cell.kind is CellKind.MARKDOWN else None,
            "code": highlight_python(cell.source) if cell.kind.runs else None,
        }
        for cell in notebook.cells
    ]


def _chosen(project: Project, draft: Draft, asked: str, default: Version | None) -> Version | None:
    """A version by its number; None is the draft as it is now."""
    if asked == DRAFT:
        return None
    if not asked:
        return default
    return get_object_or_404(project.versions.select_related("created_by", "naming"), number=whole_number(asked))


def _outputs(version: Version | None, draft: Draft) -> dict[str, list | None] | None:
    """Outputs of the newest run of a version that went well, or those that the draft shows now; None for a cell that
    has not run, so that there is nothing to compare."""
    if version is None:
        rows = SessionCell.objects.filter(session__draft=draft)
        return {row.cell_id: None if row.state == CellState.IDLE else row.outputs for row in rows} or None
    run = version.runs.filter(state=Run.State.DONE).first()
    return {cell.cell_id: cell.outputs for cell in run.cells.all()} if run else None


def _by_day(found: list[Version]) -> list[tuple]:
    days: dict = {}
    for version in found:
        days.setdefault(timezone.localtime(version.created_at).date(), []).append(version)
    return list(days.items())


def _draft(request: HttpRequest, project: Project) -> Draft:
    identity = request.GET.get("notebook") or request.POST.get("notebook")
    return draft_of(project, identity)
