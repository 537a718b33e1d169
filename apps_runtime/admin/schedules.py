"""All schedules, the ones that are paused, and what became of each due time."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from apps_runtime.models import DueTime, SavedInputs, Schedule, SchedulePause
from apps_runtime.services.schedules import schedules
from apps_runtime.services.upkeep import stopping
from projects.admin.base import NOTHING, ReadOnly, ReadOnlyInline, link, to_page


class Paused(admin.SimpleListFilter):
    title = "paused"
    parameter_name = "paused"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Yes"), ("no", "No")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> QuerySet[Schedule]:
        wanted = self.value()
        return queryset.filter(pause__isnull=wanted == "no") if wanted in ("yes", "no") else queryset


class DueTimeInline(ReadOnlyInline):
    model = DueTime
    fields = readonly_fields = ("at", "outcome", "why", "run")
    verbose_name_plural = "the latest due times"

    def get_queryset(self, request: HttpRequest) -> QuerySet[DueTime]:
        """Of the one schedule on the page: a slice of all would be of others."""
        found = super().get_queryset(request).select_related("run")
        schedule = request.resolver_match.kwargs.get("object_id") if request.resolver_match else None
        if not (schedule and schedule.isdigit()):
            return found
        latest = found.filter(schedule=schedule).order_by("-at").values("pk")[:20]
        return found.filter(pk__in=list(latest.values_list("pk", flat=True)))


@admin.register(Schedule)
class ScheduleAdmin(ReadOnly):
    list_display = ("words", "of_project", "who", "created_at", "paused", "why_paused", "looked_until", "page")
    list_filter = (Paused, "created_at", "time_zone", "project__workspace")
    list_select_related = ("project__workspace", "created_by", "pause")
    search_fields = ("project__title", "project__id", "created_by__username")
    ordering = ("-created_at",)
    fields = ("project", "words", "created_by", "created_at", "looked_until")
    inlines = (DueTimeInline,)
    actions = ("pause", "resume")

    @admin.display(description="project", ordering="project__title")
    def of_project(self, schedule: Schedule) -> SafeString:
        return link(schedule.project)

    @admin.display(description="made by", ordering="created_by__username")
    def who(self, schedule: Schedule) -> SafeString:
        return link(schedule.created_by)

    @admin.display(boolean=True)
    def paused(self, schedule: Schedule) -> bool:
        return schedule.is_paused

    @admin.display(description="why")
    def why_paused(self, schedule: Schedule) -> str:
        return (schedule.pause.why if schedule.is_paused else "") or NOTHING

    @admin.display(description="")
    def page(self, schedule: Schedule) -> SafeString:
        project = schedule.project
        return to_page(reverse("schedule", args=[project.workspace.slug, project.pk, schedule.pk]), "Open")

    def has_resume_permission(self, request: HttpRequest) -> bool:
        """Starting work in a project takes a level on it, which administrators have and other staff have not."""
        return request.user.is_superuser

    @admin.action(description="Pause the chosen schedules", permissions=["change"])
    def pause(self, request: HttpRequest, chosen: QuerySet[Schedule]) -> None:
        paused = stopping.pause_schedules(chosen)
        self.message_user(request, f"Schedules that are paused now: {paused}.", messages.SUCCESS)

    @admin.action(description="Resume the chosen schedules", permissions=["resume"])
    def resume(self, request: HttpRequest, chosen: QuerySet[Schedule]) -> None:
        for schedule in chosen.filter(pause__isnull=False):
            schedules.resume(schedule=schedule, by=request.user)


@admin.register(SavedInputs)
class SavedInputsAdmin(ReadOnly):
    """Names and owners; the values are content of the project."""

    list_display = ("name", "of_project", "who")
    list_filter = ("project__workspace",)
    list_select_related = ("project__workspace", "by")
    search_fields = ("name", "project__title")
    fields = ("project", "name", "by")

    @admin.display(description="project", ordering="project__title")
    def of_project(self, saved: SavedInputs) -> SafeString:
        return link(saved.project)

    @admin.display(description="saved by", ordering="by__username")
    def who(self, saved: SavedInputs) -> SafeString:
        return link(saved.by)


@admin.register(SchedulePause)
class SchedulePauseAdmin(ReadOnly):
    list_display = ("of_schedule", "at", "by", "why")
    list_display_links = ("at",)
    list_filter = ("at",)
    list_select_related = ("schedule__project", "by")
    search_fields = ("schedule__project__title", "why")
    fields = ("schedule", "at", "by", "why")

    @admin.display(description="schedule")
    def of_schedule(self, pause: SchedulePause) -> SafeString:
        return link(pause.schedule)


@admin.register(DueTime)
class DueTimeAdmin(ReadOnly):
    list_display = ("at", "of_schedule", "outcome", "of_run", "why", "told_at")
    list_filter = ("outcome", "at")
    list_select_related = ("schedule__project", "run")
    search_fields = ("schedule__project__title", "why")
    date_hierarchy = "at"
    fields = ("schedule", "at", "outcome", "why", "run", "told_at")

    @admin.display(description="schedule")
    def of_schedule(self, due: DueTime) -> SafeString:
        return link(due.schedule)

    @admin.display(description="run")
    def of_run(self, due: DueTime) -> SafeString:
        return link(due.run)
