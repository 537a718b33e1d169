"""All runs and schedules, for administrators: what goes on where. No content of a project: no inputs, code, outputs."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from apps_runtime.models import ApiToken, Run, Schedule
from apps_runtime.services import runs, schedules
from projects.templatetags.times import duration


class ReadOnly(admin.ModelAdmin):
    """Rows that the runtime writes; pages of the product change them."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields or ()


@admin.register(Run)
class RunAdmin(ReadOnly):
    list_display = ("project", "number", "trigger", "state", "by", "created_at", "took", "worker")
    list_filter = ("state", "trigger", "created_at")
    list_select_related = ("project", "by")
    search_fields = ("project__title", "by__username", "worker")
    ordering = ("-created_at",)
    fields = ("project", "number", "trigger", "state", "by", "created_at", "started_at", "ended_at", "worker")
    actions = ("stop",)

    @admin.display(description="took")
    def took(self, run: Run) -> str:
        return duration(run.seconds)

    @admin.action(description="Stop the chosen runs", permissions=["change"])
    def stop(self, request: HttpRequest, chosen: QuerySet[Run]) -> None:
        for run in chosen.unfinished():
            runs.cancel(run=run, by=None, why="An administrator stopped it.")


@admin.register(Schedule)
class ScheduleAdmin(ReadOnly):
    list_display = ("project", "words", "created_by", "created_at", "paused", "looked_until")
    list_select_related = ("project", "created_by", "pause")
    search_fields = ("project__title", "created_by__username")
    fields = ("project", "words", "created_by", "created_at", "looked_until")
    actions = ("pause",)

    @admin.display(boolean=True)
    def paused(self, schedule: Schedule) -> bool:
        return schedule.is_paused

    @admin.action(description="Pause the chosen schedules", permissions=["change"])
    def pause(self, request: HttpRequest, chosen: QuerySet[Schedule]) -> None:
        for schedule in chosen:
            schedules.pause(schedule=schedule, by=None, why="An administrator paused it.")


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnly):
    """Deleting one shuts its program out."""

    list_display = ("person", "name", "ending", "created_at", "used_at")
    list_select_related = ("person",)
    search_fields = ("person__username", "name")
    fields = ("person", "name", "ending", "created_at", "used_at")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request, obj)
