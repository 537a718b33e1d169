"""Invitations that are open. The link is nowhere: only its hash is kept."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from projects.admin.base import ReadOnly, link
from sharing.models import Invitation
from sharing.services import invitations


@admin.register(Invitation)
class InvitationAdmin(ReadOnly):
    list_display = ("email", "of_project", "level", "by", "created_at", "expires_at", "is_open")
    list_filter = ("level", "expires_at", "project__workspace")
    list_select_related = ("project", "by")
    search_fields = ("email", "project__title", "project__id", "by__username")
    ordering = ("-created_at",)
    fields = ("email", "project", "level", "by", "created_at", "expires_at")
    actions = ("take_back",)

    @admin.display(description="project", ordering="project__title")
    def of_project(self, invitation: Invitation) -> SafeString:
        return link(invitation.project)

    @admin.display(description="open", boolean=True, ordering="expires_at")
    def is_open(self, invitation: Invitation) -> bool:
        return invitation.expires_at > timezone.now()

    def has_take_back_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    @admin.action(description="Take back the chosen invitations", permissions=["take_back"])
    def take_back(self, request: HttpRequest, chosen: QuerySet[Invitation]) -> None:
        found = list(chosen.select_related("project"))
        for invitation in found:
            invitations.take_back(invitation=invitation, by=request.user)
        self.message_user(request, f"Invitations that are taken back: {len(found)}.", messages.SUCCESS)
