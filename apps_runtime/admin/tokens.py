"""Tokens of programs. The token itself is nowhere: only its digest is kept."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from apps_runtime.models import ApiToken
from projects.admin.base import ReadOnly, link


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnly):
    """Deleting one shuts its program out."""

    list_display = ("name", "of_person", "ending", "created_at", "used_at", "ends_at", "is_good")
    list_filter = ("created_at", "used_at", "ends_at")
    list_select_related = ("person",)
    search_fields = ("person__username", "name")
    fields = ("person", "name", "ending", "created_at", "used_at", "ends_at", "warned_at")

    @admin.display(description="good", boolean=True, ordering="ends_at")
    def is_good(self, token: ApiToken) -> bool:
        return token.person.is_active and not token.has_ended()

    @admin.display(description="person", ordering="person__username")
    def of_person(self, token: ApiToken) -> SafeString:
        return link(token.person)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request, obj)
