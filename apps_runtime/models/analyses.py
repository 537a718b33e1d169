"""What the text of a version says about its names: made once, and kept."""

from django.db import models

from projects.models import Version


class VersionAnalysis(models.Model):
    """The dependency graph of one version.

    `edition` names the analysis that made it and `content` the cells that it read: versions that differ in words or
    layout only share what was found, and a hexlite that analyses better looks again.
    """

    version = models.OneToOneField(Version, on_delete=models.CASCADE, primary_key=True, related_name="analysis")
    edition = models.CharField(max_length=16)
    content = models.CharField(max_length=64)
    graph = models.JSONField(help_text="`Graph.to_json()`")
    made_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "version analyses"
        indexes = [models.Index(fields=["content", "edition"], name="analysis_of_content")]

    def __str__(self) -> str:
        return f"Analysis of {self.version}"
