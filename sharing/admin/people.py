"""Accounts: who they are, what they own, and closing them."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from apps_runtime.models import ApiToken, Run, Schedule, Session
from apps_runtime.services import tokens
from apps_runtime.services.upkeep import stopping
from projects.admin.base import NamedFields, ReadOnly, link, listed
from projects.models import (
    AuditEvent,
    Membership,
    Project,
    ProjectGroupGrant,
    ProjectUserGrant,
    ProvedAddress,
    User,
)
from sharing.models import Identity
from sharing.services import addresses

ONLY_ADMINISTRATORS = ("username", "password", "email", "is_staff", "is_superuser", "groups", "user_permissions")


admin.site.unregister(Group)


@admin.register(Group)
class TeamGroupAdmin(GroupAdmin):
    list_display = ("name", "people", "levels")
    list_filter = ("permissions__content_type__app_label",)
    search_fields = ("name", "user__username")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        counts = {"member_count": Count("user", distinct=True), "grants": Count("projectgroupgrant", distinct=True)}
        return super().get_queryset(request).annotate(**counts)

    @admin.display(description="members", ordering="member_count")
    def people(self, group: Group) -> SafeString:
        return listed(User, str(group.member_count), groups__id__exact=group.pk)

    @admin.display(description="rows of levels", ordering="grants")
    def levels(self, group: Group) -> SafeString:
        return listed(ProjectGroupGrant, str(group.grants), group__id__exact=group.pk)


class WorkspaceInline(admin.TabularInline):
    model = Membership
    formset = NamedFields
    extra = 0
    fields = ("workspace", "role", "joined_at")
    readonly_fields = ("joined_at",)
    autocomplete_fields = ("workspace",)


@admin.register(User)
class PersonAdmin(UserAdmin):
    list_display = (
        "username",
        "full_name",
        "email",
        "is_proved",
        "workspaces_of",
        "owns",
        "is_active",
        "is_staff",
        "is_superuser",
        "last_login",
    )
    list_filter = ("is_active", "is_staff", "is_superuser", "workspaces", "groups", "last_login", "date_joined")
    search_fields = ("username", "first_name", "last_name", "email")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email", "time_zone")}),
        ("May", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
        ("Related", {"fields": ("related",)}),
    )
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("username", "email", "usable_password", "password1", "password2")}),
    )
    readonly_fields = ("last_login", "date_joined", "related")
    inlines = (WorkspaceInline,)
    actions = ("close", "stop", "ask_for_proof")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        found = super().get_queryset(request).select_related("proved_address").prefetch_related("workspaces")
        return found.annotate(owned=Count("created_projects", distinct=True))

    def get_inlines(self, request: HttpRequest, obj: User | None) -> tuple:
        return self.inlines if obj else ()

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple:
        """Whoever could make himself an administrator, or sign in as somebody else, would see every project."""
        if request.user.is_superuser or obj is None:
            return self.readonly_fields
        return (*self.readonly_fields, *ONLY_ADMINISTRATORS)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """What is read only is shown as it is, and of a password that would be its hash."""
        found = super().get_fieldsets(request, obj)
        if request.user.is_superuser or obj is None:
            return found
        return [
            (name, {**rest, "fields": [field for field in rest["fields"] if field != "password"]})
            for name, rest in found
        ]

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        may = super().has_change_permission(request, obj)
        return may and (request.user.is_superuser or obj is None or not obj.is_superuser)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        if not request.user.is_superuser:
            raise PermissionDenied
        answer = super().user_change_password(request, id, form_url)
        person = self.get_object(request, id)
        if request.method == "POST" and person is not None and not person.has_usable_password():
            tokens.end_all(person=person)  # Of one that is set, Django tells us itself.
        return answer

    @admin.display(description="name", ordering="first_name")
    def full_name(self, person: User) -> str:
        return person.get_full_name()

    @admin.display(description="workspaces")
    def workspaces_of(self, person: User) -> str:
        return ", ".join(workspace.name for workspace in person.workspaces.all())

    @admin.display(description="proved", boolean=True, ordering="proved_address__at")
    def is_proved(self, person: User) -> bool:
        return bool(person.proved_email)

    @admin.display(description="owns", ordering="owned")
    def owns(self, person: User) -> SafeString:
        return listed(Project, str(person.owned), created_by__id__exact=person.pk)

    @admin.display(description="rows")
    def related(self, person: User) -> SafeString:
        if person.pk is None:
            return SafeString("")
        rows = (
            (Project, "Projects", "created_by__id__exact"),
            (ProjectUserGrant, "Levels", "user__id__exact"),
            (Session, "Sessions", "owner__id__exact"),
            (Run, "Runs", "by__id__exact"),
            (Schedule, "Schedules", "created_by__id__exact"),
            (Identity, "Identities", "person__id__exact"),
            (ApiToken, "Tokens", "person__id__exact"),
            (AuditEvent, "What they did", "by__id__exact"),
        )
        return SafeString(", ").join(listed(model, words, **{name: person.pk}) for model, words, name in rows)

    @admin.action(description="Close the chosen accounts", permissions=["change"])
    def close(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """One by one, so that what watches accounts shuts their windows at once."""
        people = [person for person in chosen.filter(is_active=True) if person != request.user]
        if not request.user.is_superuser:
            people = [person for person in people if not person.is_superuser]
        for person in people:
            person.is_active = False
            person.save(update_fields=["is_active"])
        self.message_user(request, f"Accounts that are closed now: {len(people)}.", messages.SUCCESS)

    @admin.action(description="Stop their sessions, kernels and runs", permissions=["change"])
    def stop(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        people = [person.pk for person in chosen]
        stopped = stopping.stop_runs(Run.objects.filter(by__in=people))
        stopped += stopping.stop_sessions(Session.objects.filter(owner__in=people))
        self.message_user(request, f"Runs and sessions that are stopped: {stopped}.", messages.SUCCESS)

    @admin.action(description="Mail them a link that proves their address", permissions=["change"])
    def ask_for_proof(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        people = [person for person in chosen.filter(is_active=True) if person.email and not person.proved_email]
        for person in people:
            addresses.ask(person=person)
        self.message_user(request, f"Links that are on their way: {len(people)}.", messages.SUCCESS)


@admin.register(ProvedAddress)
class ProvedAddressAdmin(ReadOnly):
    """Whose an e-mail address is, and how that is known. Deleting one makes the address a claim again."""

    list_display = ("address", "of_person", "way", "at")
    list_filter = ("way", "at")
    list_select_related = ("person",)
    search_fields = ("address", "person__username")
    ordering = ("address",)
    fields = ("person", "address", "way", "at")

    @admin.display(description="person", ordering="person__username")
    def of_person(self, proved: ProvedAddress) -> SafeString:
        return link(proved.person)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser


@admin.register(Identity)
class IdentityAdmin(ReadOnly):
    """Who signs in elsewhere. Deleting one makes the next sign-in there look for the account by e-mail again."""

    list_display = ("subject", "issuer", "of_person", "created_at")
    list_filter = ("issuer", "created_at")
    list_select_related = ("person",)
    search_fields = ("subject", "person__username", "person__email")
    ordering = ("-created_at",)
    fields = ("person", "issuer", "subject", "created_at")

    @admin.display(description="person", ordering="person__username")
    def of_person(self, identity: Identity) -> SafeString:
        return link(identity.person)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser
