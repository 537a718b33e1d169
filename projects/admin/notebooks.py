"""Drafts, versions and what is published: that they exist, not what is in them."""

from django.contrib import admin
from django.utils.safestring import SafeString

from projects.admin.base import ReadOnly, link
from projects.models import Draft, Publication, Trashing, Version, VersionName


class OfProject(ReadOnly):
    """A row that belongs to a project."""

    @admin.display(description="project", ordering="project__title")
    def of_project(self, row) -> SafeString:
        return link(row.project)


@admin.register(Draft)
class DraftAdmin(OfProject):
    list_display = ("title", "of_project", "revision", "edited_at", "edited_by")
    list_filter = ("edited_at", "project__workspace")
    list_select_related = ("project", "edited_by")
    search_fields = ("title", "project__title", "project__id", "edited_by__username")
    ordering = ("-edited_at",)
    fields = ("title", "project", "position", "revision", "digest", "edited_at", "edited_by")


@admin.register(Version)
class VersionAdmin(OfProject):
    list_display = ("__str__", "of_project", "reason", "created_at", "created_by", "is_live")
    list_filter = ("reason", "created_at", "project__workspace")
    list_select_related = ("project__publication", "created_by")
    search_fields = ("project__title", "project__id", "created_by__username", "naming__name")
    ordering = ("-created_at",)
    fields = ("project", "draft", "number", "title", "reason", "note", "digest", "created_at", "created_by")

    @admin.display(description="published", boolean=True)
    def is_live(self, version: Version) -> bool:
        publication = getattr(version.project, "publication", None)
        return publication is not None and publication.version_id == version.pk


@admin.register(VersionName)
class VersionNameAdmin(ReadOnly):
    list_display = ("name", "of_version", "by", "at")
    list_select_related = ("version__project", "by")
    list_filter = ("at",)
    search_fields = ("name", "version__project__title")
    fields = ("name", "version", "by", "at")

    @admin.display(description="version")
    def of_version(self, name: VersionName) -> SafeString:
        return link(name.version, f"{name.version.project}, {name.version}")


@admin.register(Publication)
class PublicationAdmin(OfProject):
    list_display = ("of_project", "of_version", "visibility", "published_at", "published_by")
    list_display_links = ("published_at",)
    list_filter = ("project__visibility", "published_at", "project__workspace")
    list_select_related = ("project", "version", "published_by")
    search_fields = ("project__title", "project__id", "published_by__username")
    ordering = ("-published_at",)
    fields = ("project", "version", "published_at", "published_by")

    @admin.display(description="version", ordering="version__number")
    def of_version(self, publication: Publication) -> SafeString:
        return link(publication.version)

    @admin.display(description="who may open it", ordering="project__visibility")
    def visibility(self, publication: Publication) -> str:
        return publication.project.get_visibility_display()


@admin.register(Trashing)
class TrashingAdmin(OfProject):
    list_display = ("of_project", "by", "at")
    list_display_links = ("at",)
    list_filter = ("at",)
    list_select_related = ("project", "by")
    search_fields = ("project__title", "project__id", "by__username")
    fields = ("project", "by", "at")
