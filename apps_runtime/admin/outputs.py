"""The files behind outputs: how large, of which projects, for whom. Never what is in them."""

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.safestring import SafeString

from apps_runtime.models import Blob, BlobUse
from projects.admin.base import ReadOnly, link, listed


@admin.register(Blob)
class BlobAdmin(ReadOnly):
    list_display = ("short", "media_type", "bytes", "created_at", "used")
    list_filter = ("media_type", "created_at")
    search_fields = ("sha256", "media_type")
    ordering = ("-created_at",)
    fields = ("sha256", "media_type", "size", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Blob]:
        return super().get_queryset(request).annotate(count=Count("uses"))

    @admin.display(description="digest", ordering="sha256")
    def short(self, blob: Blob) -> str:
        return blob.sha256[:12]

    @admin.display(description="size", ordering="size")
    def bytes(self, blob: Blob) -> str:
        return filesizeformat(blob.size)

    @admin.display(description="uses", ordering="count")
    def used(self, blob: Blob) -> SafeString:
        return listed(BlobUse, str(blob.count), blob__sha256__exact=blob.pk)


@admin.register(BlobUse)
class BlobUseAdmin(ReadOnly):
    list_display = ("short", "media_type", "of_project", "shown_to", "of_session")
    list_display_links = ("media_type",)
    list_filter = ("shown_to", "blob__media_type", "project__workspace")
    list_select_related = ("project", "blob", "session__project")
    search_fields = ("project__title", "project__id", "blob__sha256")
    fields = ("blob", "project", "shown_to", "session")

    @admin.display(description="output")
    def short(self, use: BlobUse) -> SafeString:
        return link(use.blob, use.blob_id[:12])

    @admin.display(description="type", ordering="blob__media_type")
    def media_type(self, use: BlobUse) -> str:
        return use.blob.media_type

    @admin.display(description="project", ordering="project__title")
    def of_project(self, use: BlobUse) -> SafeString:
        return link(use.project)

    @admin.display(description="session")
    def of_session(self, use: BlobUse) -> SafeString:
        return link(use.session)
