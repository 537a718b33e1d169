"""The stored dependency graphs of versions."""

from django.contrib import admin
from django.utils.safestring import SafeString

from apps_runtime.models import VersionAnalysis
from projects.admin.base import ReadOnly, link


@admin.register(VersionAnalysis)
class VersionAnalysisAdmin(ReadOnly):
    """Which versions were analysed, and by which analysis. What was found is text of the project: it is not shown."""

    list_display = ("of_version", "edition", "made_at")
    list_display_links = ("edition",)
    list_filter = ("edition",)
    list_select_related = ("version__project",)
    search_fields = ("version__project__title",)
    ordering = ("-made_at",)
    fields = ("version", "edition", "content", "made_at")

    @admin.display(description="version", ordering="version__number")
    def of_version(self, analysis: VersionAnalysis) -> SafeString:
        return link(analysis.version)
