"""The run log, and each run's own page (specs/publishing, "Schedules")."""

from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_POST

from apps_runtime.kernels.settings import DEFAULT_KERNELSPEC
from apps_runtime.models import DueTime, PublishedResults, Run
from apps_runtime.outputs.document import POLICY, InFile, styles
from apps_runtime.pages import fragments
from apps_runtime.pages.progress import of_run_cells
from apps_runtime.pages.run import durations, grouped, played_cells, said_of
from apps_runtime.pages.run_head import default_words, published_words, started_words
from apps_runtime.pages.run_log import LogFilter, Result, entries, entry_of, places, stamp_of, why_words
from apps_runtime.readers import reader_of
from apps_runtime.services.limits import rates
from apps_runtime.services.links import links
from apps_runtime.services.publishing import publishing
from apps_runtime.services.runs import diagnosis, exporting, runs
from apps_runtime.services.runs.facts import chosen_inputs, counts_of, failed_cell, numbers_of
from projects.models import Project
from projects.notebook import inputs
from projects.permissions import Action, load, may, rights_of

ROWS = 30


@require_GET
def log(request: HttpRequest, workspace: str, project_id: str) -> HttpResponse:
    """`?trigger=`, `?result=`, `?q=`, `?page=`; the newest first."""
    project = load(request.user, workspace, project_id, Action.VIEW_RUNS)
    wanted = _wanted(request)
    page = Paginator(places(project, wanted), ROWS).get_page(request.GET.get("page"))
    lines = entries(project, list(page.object_list))
    return render(
        request,
        "runs/log.html",
        {
            "project": project,
            "wanted": wanted,
            "page": page,
            "entries": lines,
            "stamp": stamp_of(lines),
            "triggers": Run.Trigger.choices,
            "results": [(result.value, result.label) for result in Result],
            "newer": _address(wanted, page.previous_page_number()) if page.has_previous() else "",
            "older": _address(wanted, page.next_page_number()) if page.has_next() else "",
            "may_run": may(request.user, project, Action.RUN_NOTEBOOK),
            "link_problems": links.problems(project=project, now=timezone.now()),
        },
    )


@require_GET
def run(request: HttpRequest, workspace: str, project_id: str, number: int) -> HttpResponse:
    project = load(request.user, workspace, project_id, Action.VIEW_RUNS)
    run = _run(project, number)
    rows = list(run.cells.all())
    publication = getattr(project, "publication", None)
    shown = PublishedResults.objects.filter(publication__project=project).select_related("run").first()
    due = DueTime.objects.filter(run=run).select_related("schedule__created_by").first()
    rights = rights_of(request.user, project)
    cells = played_cells(run, rows, context=fragments.reader_of(rights).context())
    failed = failed_cell(run, numbers_of(run.version.notebook))
    numbers = project.runs.exclude(trigger=Run.Trigger.LIVE).order_by("number").values_list("number", flat=True)
    return render(
        request,
        "runs/run.html",
        {
            "project": project,
            "run": run,
            "entry": entry_of(run, run.version.notebook, is_shown=False),
            "said": said_of(run, shown, due),
            "due": due,
            "why": why_words(run),
            "started": started_words(run, due),
            "published_words": published_words(run),
            "default_words": default_words(run),
            "chosen": chosen_inputs(run.version.notebook, run.values),
            "progress": of_run_cells(run, rows),
            "counts": counts_of(run),
            "cells": cells,
            "groups": grouped(run, cells),
            "verdict": diagnosis.verdict_of(run),
            "failed": failed[1] if failed else None,
            "durations": durations(run, cells),
            "usual_kernelspec": DEFAULT_KERNELSPEC,
            "before": numbers.filter(number__lt=number).last(),
            "after": numbers.filter(number__gt=number).first(),
            "link_with_inputs": _link(project, run),
            "may_run": rights.may(Action.RUN_NOTEBOOK),
            "may_restore": rights.may(Action.PUBLISH),
            "why_not_restore": publishing.why_not_restore(run, publication),
        },
    )


@require_GET
def notebook(request: HttpRequest, workspace: str, project_id: str, number: int) -> HttpResponse:
    """What was executed, with its outputs, for Jupyter."""
    project = load(request.user, workspace, project_id, Action.EXPORT)
    run = _run(project, number)
    return _file(run, exporting.executed(run), "ipynb", "application/x-ipynb+json")


@require_GET
def document(request: HttpRequest, workspace: str, project_id: str, number: int) -> HttpResponse:
    """The same as a page in one file, for those who have neither Jupyter nor an account here."""
    project = load(request.user, workspace, project_id, Action.EXPORT)
    run = _run(project, number)
    rows = list(run.cells.all())
    context = reader_of(rights_of(request.user, project)).context(kind=InFile)
    text = render_to_string(
        "runs/document.html",
        {
            "project": project,
            "run": run,
            "policy": POLICY,
            "styles": styles(["vendor/hexlite.css", "vendor/css/run.css", "vendor/css/runs.css"]),
            "said": said_of(run, None, None),
            "why": why_words(run),
            "chosen": chosen_inputs(run.version.notebook, run.values),
            "counts": counts_of(run),
            "cells": played_cells(run, rows, context=context),
            "link": f"{settings.ORIGIN}{run.get_absolute_url()}",
        },
    )
    return _file(run, text, "html", "text/html; charset=utf-8")


def _file(run: Run, content: str, extension: str, content_type: str) -> HttpResponse:
    """Always saved, never shown under this product's address."""
    response = HttpResponse(content, content_type=content_type)
    name = f"{run.version.title} run {run.number}.{extension}".replace("/", "-")
    response.headers["Content-Disposition"] = content_disposition_header(True, name)
    response.headers["Content-Security-Policy"] = f"sandbox; {POLICY}"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@require_POST
def cancel(request: HttpRequest, workspace: str, project_id: str, number: int) -> HttpResponse:
    project = load(request.user, workspace, project_id, Action.RUN_NOTEBOOK)
    run = _run(project, number)
    if run.is_finished:
        messages.info(request, f"Run {number} had ended already.")
    else:
        runs.cancel(run=run, by=request.user)
        messages.success(request, f"Run {number} is being stopped.")
    return redirect(run)


@require_POST
def again(request: HttpRequest, workspace: str, project_id: str, number: int) -> HttpResponse:
    """The same version with the same inputs, once more; leads to the new run."""
    project = load(request.user, workspace, project_id, Action.RUN_NOTEBOOK)
    with rates.one_start(by=request.user):
        started = runs.again(run=_run(project, number), by=request.user)
    return redirect(started)


@require_POST
def restore(request: HttpRequest, workspace: str, project_id: str, number: int) -> HttpResponse:
    project = load(request.user, workspace, project_id, Action.PUBLISH)
    run = _run(project, number)
    try:
        publishing.restore(run=run, by=request.user)
    except publishing.NotToBeRestored as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"The app shows the results of run {number} now.")
    return redirect(run)


def _link(project: Project, run: Run) -> str:
    """The app with the inputs of this run; "" where there is no app."""
    if not hasattr(project, "publication"):
        return ""
    query = inputs.query_string(run.version.notebook.inputs, run.values)
    return f"{project.app_url}?{query}" if query else project.app_url


def _run(project: Project, number: int) -> Run:
    found = project.runs.select_related("version", "by", "project__workspace").prefetch_related("cells")
    return get_object_or_404(found, number=number)


def _wanted(request: HttpRequest) -> LogFilter:
    trigger, result = request.GET.get("trigger", ""), request.GET.get("result", "")
    return LogFilter(
        trigger=trigger if trigger in Run.Trigger.values else "",
        result=Result(result) if result in {each.value for each in Result} else Result.ALL,
        search=request.GET.get("q", "").strip()[:200],
    )


def _address(wanted: LogFilter, page: int) -> str:
    asked = {"trigger": wanted.trigger, "result": wanted.result.value, "q": wanted.search, "page": page}
    return f"?{urlencode({name: value for name, value in asked.items() if value})}"
