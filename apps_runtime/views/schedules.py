"""Schedules of a project: the list, the form, and the next times while one edits (specs/publishing, "Schedules")."""

from datetime import datetime
from itertools import islice
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps_runtime.models import Schedule
from apps_runtime.pages.run_log import LogFilter, entries, lately, places, stamp_of
from apps_runtime.pages.schedule_form import (
    Fields,
    NotASchedule,
    chosen_values,
    controls,
    listeners,
    next_times,
    place_of,
    saved_set,
    sentence_of,
    time_zones,
    weekday_choices,
)
from apps_runtime.schedules.recurrence import Every, NotARecurrence, slots
from apps_runtime.services.limits import rates
from apps_runtime.services.schedules import schedules as service
from apps_runtime.services.sessions import options
from projects.models import Project
from projects.permissions import Action, load, may
from projects.templatetags.times import say_age

SHOWN_RUNS = 20
KINDS = [
    (Every.HOUR.value, "Hourly"),
    (Every.DAY.value, "Daily"),
    (Every.WEEK.value, "Weekly"),
    (Every.MONTH.value, "Monthly"),
    (Every.CRON.value, "Cron"),
]


@require_http_methods(["GET", "HEAD", "POST"])
def schedules(request: HttpRequest, workspace: str, project_id: str) -> HttpResponse:
    """The first schedule, or the form of a new one (`?new`). POST makes one."""
    if request.method == "POST":
        project = load(request.user, workspace, project_id, Action.MANAGE_SCHEDULES)
        return _save(request, project, None)
    project = load(request.user, workspace, project_id, Action.VIEW_RUNS)
    first = None if "new" in request.GET else _listed(project).first()
    fields = Fields.of(first) if first else Fields.new(request.user)
    return _page(request, project, first, fields)


@require_http_methods(["GET", "HEAD", "POST"])
def schedule(request: HttpRequest, workspace: str, project_id: str, schedule_id: int) -> HttpResponse:
    """One schedule; POST changes it."""
    if request.method == "POST":
        project = load(request.user, workspace, project_id, Action.MANAGE_SCHEDULES)
        return _save(request, project, _schedule(project, schedule_id))
    project = load(request.user, workspace, project_id, Action.VIEW_RUNS)
    found = _schedule(project, schedule_id)
    return _page(request, project, found, Fields.of(found))


@require_GET
def preview(request: HttpRequest, workspace: str, project_id: str) -> HttpResponse:
    """The sentence and the next ten times for the fields as they are filled in; writes nothing."""
    load(request.user, workspace, project_id, Action.VIEW_RUNS)
    return render(request, "schedules/preview.html", _preview(request, request.GET))


@require_POST
def pause(request: HttpRequest, workspace: str, project_id: str, schedule_id: int) -> HttpResponse:
    project = load(request.user, workspace, project_id, Action.MANAGE_SCHEDULES)
    found = _schedule(project, schedule_id)
    service.pause(schedule=found, by=request.user)
    messages.success(request, "Paused. Due times until you resume it are left out.")
    return redirect(_address(project, found))


@require_POST
def resume(request: HttpRequest, workspace: str, project_id: str, schedule_id: int) -> HttpResponse:
    project = load(request.user, workspace, project_id, Action.MANAGE_SCHEDULES)
    found = _schedule(project, schedule_id)
    service.resume(schedule=found, by=request.user)
    messages.success(request, "It runs again from the next due time on.")
    return redirect(_address(project, found))


@require_POST
def run_now(request: HttpRequest, workspace: str, project_id: str, schedule_id: int) -> HttpResponse:
    project = load(request.user, workspace, project_id, Action.MANAGE_SCHEDULES)
    found = _schedule(project, schedule_id)
    try:
        with rates.one_start(by=request.user):
            run = service.run_now(schedule=found, by=request.user)
    except service.NothingPublished as refusal:
        messages.error(request, str(refusal))
        return redirect(_address(project, found))
    return redirect(run)


@require_POST
def delete(request: HttpRequest, workspace: str, project_id: str, schedule_id: int) -> HttpResponse:
    project = load(request.user, workspace, project_id, Action.MANAGE_SCHEDULES)
    service.delete(schedule=_schedule(project, schedule_id), by=request.user)
    messages.success(request, "Deleted. Its runs stay in the run log.")
    return redirect(_address(project, None))


def _save(request: HttpRequest, project: Project, found: Schedule | None) -> HttpResponse:
    """Make or change; what can't be is said above the form, which stays filled in."""
    fields = Fields.new(request.user)
    try:
        fields = Fields.sent(request.POST)
        rule, zone = fields.recurrence, fields.zone
        if not hasattr(project, "publication"):
            raise service.NothingPublished()
        specs = project.publication.version.notebook.inputs
        asked: dict[str, Any] = {
            "recurrence": rule,
            "time_zone": zone.key,
            "values": chosen_values(fields, specs, timezone.now()),
            "saved_inputs": saved_set(fields, project),
            "tell_on_failure": [person for person in listeners(project) if person.pk in fields.fails],
            "tell_on_success": [person for person in listeners(project) if person.pk in fields.succeeds],
        }
    except (NotARecurrence, NotASchedule, service.NothingPublished) as refusal:
        return _page(request, project, found, fields, refused=str(refusal))
    if fields.chooses_inputs and fields.set_name:
        values, asked["values"] = asked["values"], {}
        asked["saved_inputs"] = service.save_inputs(
            project=project, name=fields.set_name, values=values, by=request.user
        )
    if found is None:
        found = service.create(project=project, by=request.user, **asked)
        messages.success(request, f"Scheduled: {found.words}.")
    else:
        service.change(schedule=found, by=request.user, **asked)
        messages.success(request, "Saved.")
    return redirect(_address(project, found))


def _page(
    request: HttpRequest, project: Project, found: Schedule | None, fields: Fields, refused: str = ""
) -> HttpResponse:
    listed = list(_listed(project))
    publication = getattr(project, "publication", None)
    specs = publication.version.notebook.inputs if publication else ()
    known = options.shown_in(publication) if publication else {}
    now = timezone.now()
    lines = entries(project, list(places(project, LogFilter())[:SHOWN_RUNS]))
    context = {
        "project": project,
        "schedule": found,
        "tabs": [(each, _soon(each, now)) for each in listed],
        "fields": fields,
        "kinds": KINDS,
        "weekdays": weekday_choices(fields),
        "zones": time_zones(),
        "controls": controls(fields, specs, known),
        "listeners": listeners(project),
        "may_manage": may(request.user, project, Action.MANAGE_SCHEDULES),
        "may_run": may(request.user, project, Action.RUN_NOTEBOOK),
        "published": publication,
        "entries": lines,
        "stamp": stamp_of(lines),
        "refused": refused,
        "sets": project.saved_inputs.all(),
        "sentence": sentence_of(found) if found else "",
        "lately": lately(project, now),
        **_preview(request, fields),
    }
    return render(request, "schedules/page.html", context, status=400 if refused else 200)


def _preview(request: HttpRequest, asked: Any) -> dict[str, Any]:
    """`asked`: fields, or what was sent. `problem` is a sentence when they say no times."""
    try:
        fields = asked if isinstance(asked, Fields) else Fields.sent(asked)
        rule, zone = fields.recurrence, fields.zone
    except (NotARecurrence, NotASchedule) as refusal:
        return {"words": "", "times": [], "problem": str(refusal)}
    mine = timezone.get_current_timezone_name()
    return {
        "words": f"{rule.words[:1].upper()}{rule.words[1:]}, {place_of(zone.key)}",
        "times": next_times(rule, zone, timezone.now()),
        "there": place_of(zone.key),
        "here": "" if zone.key == mine else place_of(mine),
        "problem": "",
    }


def _soon(found: Schedule, now: datetime) -> str:
    """“in 19 h”, “paused”."""
    if found.is_paused:
        return "paused"
    coming = next(islice(slots(found.rule, found.zone, now), 1), None)
    return f"in {say_age((coming.at - now).total_seconds())}" if coming else "never again"


def _listed(project: Project):
    return project.schedules.select_related("pause__by", "created_by")


def _schedule(project: Project, key: int) -> Schedule:
    return get_object_or_404(_listed(project).select_related("project__workspace", "pause__by", "created_by"), pk=key)


def _address(project: Project, found: Schedule | None) -> str:
    place = [project.workspace.slug, project.pk]
    return reverse("schedule", args=[*place, found.pk]) if found else reverse("schedules", args=place)
