"""Runs: one top-to-bottom execution of one version."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse

from apps_runtime.models.results import CellResult
from projects.models import Project, Publication, User, Version


class RunQuerySet(models.QuerySet["Run"]):
    def unfinished(self) -> "RunQuerySet":
        return self.filter(state__in=Run.State.unfinished())

    def abandoned(self, now: datetime) -> "RunQuerySet":
        """Claimed by a worker that has not been heard of since its lease ended."""
        return self.filter(state=Run.State.RUNNING, lease_until__lt=now)

    def forgotten(self, now: datetime) -> "RunQuerySet":
        """Queued for more than a minute: the message to the worker was lost, or there is no worker."""
        return self.filter(state=Run.State.QUEUED, enqueued_at__lt=now - timedelta(seconds=60))


class Run(models.Model):
    """One top-to-bottom execution of one version with a new kernel."""

    class Trigger(models.TextChoices):
        PREVIEW = "preview", "Preview"
        PUBLISH = "publish", "Publish"
        SCHEDULE = "schedule", "Schedule"
        MANUAL = "manual", "By hand"
        API = "api", "API"
        CHECK = "check", "Code or data?"
        LIVE = "live", "Live update"

        @classmethod
        def aside(cls) -> list["Run.Trigger"]:
            """Runs whose outputs never become what the app shows."""
            return [cls.API, cls.CHECK]

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"
        LOST = "lost", "Worker lost"
        DENIED = "denied", "Not allowed any more"

        @classmethod
        def failures(cls) -> list["Run.State"]:
            """Ends that somebody wants to hear of; a run that was cancelled is none of them."""
            return [cls.FAILED, cls.LOST, cls.DENIED]

        @classmethod
        def unfinished(cls) -> list["Run.State"]:
            return [cls.QUEUED, cls.RUNNING]

    # What may follow what; a test holds every state to a row here.
    TRANSITIONS = {
        State.QUEUED: {State.RUNNING, State.CANCELLED, State.DENIED},
        # Back to QUEUED: it waits for a kernel, and nothing of it has run.
        State.RUNNING: {State.QUEUED, State.DONE, State.FAILED, State.CANCELLED, State.LOST, State.DENIED},
        State.DONE: set(),
        State.FAILED: set(),
        State.CANCELLED: set(),
        State.LOST: set(),
        State.DENIED: set(),
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="runs")
    number = models.PositiveIntegerField()
    version = models.ForeignKey(Version, on_delete=models.RESTRICT, related_name="runs")
    trigger = models.CharField(max_length=10, choices=Trigger)
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    values = models.JSONField(default=dict, help_text="input values, canonical; defaults included")
    options = models.JSONField(default=dict, help_text="input → what a variable gave it to choose from, and its value")
    notes = models.JSONField(default=list, help_text="sentences, such as values that were ignored")

    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    why = models.CharField(max_length=500, blank=True, help_text="a sentence about an end that no cell explains")
    created_at = models.DateTimeField(auto_now_add=True)
    enqueued_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=200, blank=True)
    kernel = models.JSONField(null=True, help_text="where its kernel is, while it runs")
    language = models.CharField(max_length=60, blank=True, help_text="what its kernel said of itself: Python 3.11.2")
    peak_memory = models.BigIntegerField(null=True, help_text="bytes of its kernel at most, as its host measured")
    stop_requested_at = models.DateTimeField(null=True)
    sequence = models.PositiveIntegerField(default=0)
    watched_at = models.DateTimeField(null=True, help_text="when a window on its preview was last known to be open")

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["project", "number"], name="one_run_a_number")]
        indexes = [models.Index(fields=["state", "lease_until"], condition=Q(state="running"), name="running_leases")]

    def __str__(self) -> str:
        return f"Run {self.number}"

    def get_absolute_url(self) -> str:
        return reverse("run", args=[self.project.workspace.slug, self.project_id, self.number])

    @property
    def is_finished(self) -> bool:
        return self.state not in self.State.unfinished()

    @property
    def used_values(self) -> dict[str, Any]:
        """The inputs' values with which it ran: one that a variable did not offer gave way to another."""
        return {**self.values, **{name: found["value"] for name, found in self.options.items()}}

    @property
    def seconds(self) -> float | None:
        if self.started_at is None or self.ended_at is None:
            return None
        return (self.ended_at - self.started_at).total_seconds()

    @property
    def group(self) -> str:
        """The channel-layer group of those who watch it."""
        return f"run.{self.pk}"


class RunCell(CellResult):
    """What a cell did in a run."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="cells")

    class Meta(CellResult.Meta):
        constraints = [models.UniqueConstraint(fields=["run", "cell_id"], name="one_result_a_run_cell")]


class PublishedResults(models.Model):
    """Which run's outputs the published app shows. No row: no results yet."""

    publication = models.OneToOneField(Publication, on_delete=models.CASCADE, related_name="results")
    run = models.ForeignKey(Run, on_delete=models.RESTRICT, related_name="+")
    since = models.DateTimeField()

    class Meta:
        verbose_name_plural = "published results"

    def __str__(self) -> str:
        return f"{self.publication.project}: {self.run}"
