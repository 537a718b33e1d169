"""What a cell did when it was played, the same for runs and sessions."""

from django.db import models

from apps_runtime.session.state import CellState


class CellResult(models.Model):
    """The newest outcome of one cell."""

    cell_id = models.CharField(max_length=64)
    position = models.PositiveIntegerField()
    state = models.CharField(
        max_length=12, choices=[(state.value, state.label) for state in CellState], default=CellState.IDLE
    )
    outputs = models.JSONField(default=list, help_text="as apps_runtime.outputs.store.put returns them")
    execution_count = models.PositiveIntegerField(null=True)
    started_at = models.DateTimeField(null=True)
    seconds = models.FloatField(null=True)
    error_id = models.CharField(max_length=12, blank=True, help_text="what a viewer is told instead of the traceback")
    error_line = models.CharField(max_length=500, blank=True)
    sequence = models.PositiveIntegerField(default=0, help_text="number of the event that changed it last")

    class Meta:
        abstract = True
        ordering = ["position"]

    def __str__(self) -> str:
        return f"{self.cell_id} {self.state}"
