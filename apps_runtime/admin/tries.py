"""What was tried too often: wrong passwords, tokens and links, and mails that were asked for. Gone after a day."""

from django.contrib import admin

from apps_runtime.models import Try
from projects.admin.base import ReadOnly


@admin.register(Try)
class TryAdmin(ReadOnly):
    """Sources are keyed digests: rows of one source belong together, and say no address."""

    list_display = ("what", "source", "at")
    list_filter = ("what", "at")
    search_fields = ("source",)
    fields = ("what", "source", "at")
