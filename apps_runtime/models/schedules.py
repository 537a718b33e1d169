"""Schedules: when to run, in which time zone, with which inputs, whom to tell."""

from typing import Any
from zoneinfo import ZoneInfo

from django.db import models
from django.utils import timezone

from apps_runtime.models.runs import Run
from apps_runtime.schedules.recurrence import Recurrence
from projects.models import Project, User, Version
from projects.notebook import inputs


class SavedInputs(models.Model):
    """A set of inputs with a name, for the schedules of a project."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="saved_inputs")
    name = models.CharField(max_length=60)
    values = models.JSONField(default=dict, help_text="inputs that differ from their defaults")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "saved inputs"
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="one_set_of_inputs_a_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def choice(self) -> str:
        """What a form says for it."""
        return f"set:{self.pk}"


class Schedule(models.Model):
    """When a project's app is run by itself, in which zone, with which inputs, and whom to tell."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="schedules")
    recurrence = models.JSONField(help_text="as apps_runtime.schedules.Recurrence.to_json gives it")
    time_zone = models.CharField(max_length=64)
    values = models.JSONField(default=dict, blank=True, help_text="inputs that differ from their defaults")
    saved_inputs = models.ForeignKey(
        SavedInputs, null=True, blank=True, on_delete=models.SET_NULL, related_name="schedules", help_text="instead"
    )
    tell_on_failure = models.ManyToManyField(User, blank=True, related_name="+")
    tell_on_success = models.ManyToManyField(User, blank=True, related_name="+")
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    looked_until = models.DateTimeField(help_text="due times up to here have been dealt with")
    resumed_at = models.DateTimeField(null=True, help_text="failures in a row are counted from here on")

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return f"{self.project}: {self.words}"

    @property
    def rule(self) -> Recurrence:
        return Recurrence.from_json(self.recurrence)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def words(self) -> str:
        """“Every weekday at 07:00 Europe/Berlin”."""
        words = self.rule.words
        return f"{words[:1].upper()}{words[1:]} {self.time_zone}"

    @property
    def chosen(self) -> dict[str, Any]:
        """The inputs it chooses: those of its saved set as they are now, or its own."""
        return self.saved_inputs.values if self.saved_inputs else self.values

    def inputs_for(self, version: Version) -> inputs.Parsed:
        """What it chooses, as far as that is still good for this version."""
        specs = version.notebook.inputs
        return inputs.parse_values(specs, self.chosen, inputs.defaults(specs), timezone.now())

    @property
    def is_paused(self) -> bool:
        return hasattr(self, "pause")


class SchedulePause(models.Model):
    """A schedule that does not run: since when, by whom (None: by itself), and why. Resuming deletes the row."""

    schedule = models.OneToOneField(Schedule, on_delete=models.CASCADE, related_name="pause")
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    why = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"{self.schedule} is paused"


class DueTime(models.Model):
    """What became of one due time of a schedule. One row each, whoever ticks: that makes a run exactly one."""

    class Outcome(models.TextChoices):
        STARTED = "started", "Started"
        SKIPPED = "skipped", "Skipped"
        MISSED = "missed", "Missed"

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="due_times")
    at = models.DateTimeField()
    outcome = models.CharField(max_length=8, choices=Outcome)
    why = models.CharField(max_length=300, blank=True)
    run = models.OneToOneField(Run, null=True, on_delete=models.SET_NULL, related_name="due_time")
    told_at = models.DateTimeField(null=True, help_text="when the mail about the run's end was sent")

    class Meta:
        ordering = ["-at"]
        constraints = [models.UniqueConstraint(fields=["schedule", "at"], name="one_run_a_due_time")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.outcome}"
