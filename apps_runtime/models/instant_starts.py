"""What is known of the template that an app's sessions are forked from."""

from django.db import models

from projects.models import Project


class InstantStart(models.Model):
    """The newest template of an app on one machine: whether there is one, and if not, why (docs/kernels.md)."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="instant_starts")
    machine = models.CharField(max_length=200)
    key = models.CharField(max_length=64, help_text="the version and the results that it was made for")
    ready = models.BooleanField()
    reason = models.CharField(max_length=500, blank=True, help_text="why sessions run everything instead")
    cell_id = models.CharField(max_length=64, blank=True)
    seconds = models.FloatField()
    bytes = models.PositiveBigIntegerField(default=0)
    made_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "machine"], name="one_template_a_machine")]

    def __str__(self) -> str:
        return f"Instant start of {self.project}"

    @property
    def sentence(self) -> str:
        """For authors."""
        if self.ready:
            return (
                f"Instant start: on. Sessions begin with everything played, {self.bytes / 1e6:,.0f} MB shared by all."
            )
        return (
            f"Instant start: off, because {self.reason}. The first change of a visitor runs the notebook from the top."
        )
