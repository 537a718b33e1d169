"""All runs, and what the apps show of them. No content of a project: no inputs, code, outputs."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from apps_runtime.models import Diagnosis, PublishedResults, Run, RunCell
from apps_runtime.pages.progress import of_run
from apps_runtime.services.upkeep import stopping
from projects.admin.base import NOTHING, NamedValues, ReadOnly, ReadOnlyInline, link, to_page
from projects.templatetags.times import duration


class RunCellInline(ReadOnlyInline):
    model = RunCell
    fields = readonly_fields = ("position", "state", "started_at", "seconds", "error_id")
    ordering = ("position",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[RunCell]:
        return super().get_queryset(request).defer("outputs")


@admin.register(Run)
class RunAdmin(ReadOnly):
    list_display = ("__str__", "of_project", "trigger", "state", "cells", "who", "created_at", "took", "worker", "page")
    list_filter = ("state", "trigger", "created_at", ("worker", NamedValues), "project__workspace")
    list_select_related = ("project__workspace", "by")
    search_fields = ("project__title", "project__id", "by__username", "worker")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    fields = (
        "project",
        "number",
        "version",
        "trigger",
        "state",
        "by",
        "created_at",
        "started_at",
        "ended_at",
        "worker",
    )
    inlines = (RunCellInline,)
    actions = ("stop",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Run]:
        return super().get_queryset(request).defer("values", "notes")

    @admin.display(description="project", ordering="project__title")
    def of_project(self, run: Run) -> SafeString:
        return link(run.project)

    @admin.display(description="by", ordering="by__username")
    def who(self, run: Run) -> SafeString:
        return link(run.by)

    @admin.display(description="cells")
    def cells(self, run: Run) -> str:
        """“5 of 14” while it goes on: there are never many of those, so each is asked for."""
        if run.is_finished:
            return NOTHING
        progress = of_run(run)
        return f"{progress.done} of {progress.total}"

    @admin.display(description="took")
    def took(self, run: Run) -> str:
        return duration(run.seconds) or NOTHING

    @admin.display(description="")
    def page(self, run: Run) -> SafeString:
        return to_page(run.get_absolute_url(), "Open")

    @admin.action(description="Stop the chosen runs", permissions=["change"])
    def stop(self, request: HttpRequest, chosen: QuerySet[Run]) -> None:
        stopped = stopping.stop_runs(chosen)
        self.message_user(request, f"Runs that were going on and are stopped: {stopped}.", messages.SUCCESS)


@admin.register(RunCell)
class RunCellAdmin(ReadOnly):
    """How long the cells of all runs took, and which failed."""

    list_display = ("of_run", "position", "state", "started_at", "took", "error_id")
    list_display_links = ("position",)
    list_filter = ("state", "started_at")
    list_select_related = ("run__project",)
    search_fields = ("run__project__title", "error_id")
    ordering = ("-run__created_at", "position")
    fields = ("run", "position", "cell_id", "state", "started_at", "seconds", "error_id", "execution_count")

    def get_queryset(self, request: HttpRequest) -> QuerySet[RunCell]:
        return super().get_queryset(request).defer("outputs")

    @admin.display(description="run", ordering="run__created_at")
    def of_run(self, cell: RunCell) -> SafeString:
        return link(cell.run, f"{cell.run.project}, {cell.run}")

    @admin.display(description="took", ordering="seconds")
    def took(self, cell: RunCell) -> str:
        return duration(cell.seconds) or NOTHING


@admin.register(PublishedResults)
class PublishedResultsAdmin(ReadOnly):
    list_display = ("publication", "of_run", "since")
    list_filter = ("since",)
    list_select_related = ("publication__project", "publication__version", "run")
    search_fields = ("publication__project__title", "publication__project__id")
    fields = ("publication", "run", "since")

    @admin.display(description="run", ordering="run__number")
    def of_run(self, results: PublishedResults) -> SafeString:
        return link(results.run)


@admin.register(Diagnosis)
class DiagnosisAdmin(ReadOnly):
    """Failed scheduled runs, and the runs of an earlier version that they were held against."""

    list_display = ("of_run", "of_check_run", "how_it_ended")
    list_display_links = ("how_it_ended",)
    list_filter = ("run__created_at", "check_run__state")
    list_select_related = ("run__project", "check_run")
    search_fields = ("run__project__title", "run__project__id")
    ordering = ("-run__created_at",)
    fields = ("run", "check_run")

    @admin.display(description="failed run", ordering="run__created_at")
    def of_run(self, diagnosis: Diagnosis) -> SafeString:
        return link(diagnosis.run, f"{diagnosis.run.project}, {diagnosis.run}")

    @admin.display(description="held against")
    def of_check_run(self, diagnosis: Diagnosis) -> SafeString:
        return link(diagnosis.check_run)

    @admin.display(description="which ended", ordering="check_run__state")
    def how_it_ended(self, diagnosis: Diagnosis) -> str:
        return diagnosis.check_run.get_state_display() if diagnosis.check_run else NOTHING
