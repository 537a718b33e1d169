"""Code or data: what a failed scheduled run is held against."""

from django.db import models

from apps_runtime.models.runs import Run


class Diagnosis(models.Model):
    """A scheduled run failed, and an earlier version that used to work was run against the same data: if that one
    works, the code broke, else the data."""

    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="diagnosis")
    check_run = models.OneToOneField(Run, null=True, on_delete=models.SET_NULL, related_name="diagnosis_of")

    class Meta:
        verbose_name_plural = "diagnoses"

    def __str__(self) -> str:
        return f"{self.run} held against {self.check_run}"
