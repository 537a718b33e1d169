"""Short links, without the values behind them, and what links asked for that could not be used."""

from django.contrib import admin
from django.utils.safestring import SafeString

from apps_runtime.models import LinkFollower, LinkProblem, SavedLink
from projects.admin.base import ReadOnly, link


@admin.register(SavedLink)
class SavedLinkAdmin(ReadOnly):
    list_display = ("token", "of_project", "created_at")
    list_filter = ("created_at", "project__workspace")
    list_select_related = ("project",)
    search_fields = ("token", "project__title")
    ordering = ("-created_at",)
    fields = ("token", "project", "created_at")

    @admin.display(description="app", ordering="project__title")
    def of_project(self, saved: SavedLink) -> SafeString:
        return link(saved.project)


@admin.register(LinkProblem)
class LinkProblemAdmin(ReadOnly):
    list_display = ("sentence", "of_project", "times", "last_at")
    list_filter = ("last_at", "project__workspace")
    list_select_related = ("project",)
    search_fields = ("sentence", "project__title")
    ordering = ("-last_at",)
    fields = ("sentence", "project", "times", "last_at")

    @admin.display(description="app", ordering="project__title")
    def of_project(self, problem: LinkProblem) -> SafeString:
        return link(problem.project)


@admin.register(LinkFollower)
class LinkFollowerAdmin(ReadOnly):
    """How many people's links carry which input: nothing of who they are."""

    list_display = ("name", "of_project", "last_at")
    list_filter = ("last_at", "project__workspace")
    list_select_related = ("project",)
    search_fields = ("name", "project__title")
    ordering = ("-last_at",)
    fields = ("name", "project", "last_at")

    @admin.display(description="app", ordering="project__title")
    def of_project(self, follower: LinkFollower) -> SafeString:
        return link(follower.project)
