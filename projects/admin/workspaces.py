"""Teams, who is in them, and the audit trail of all projects."""

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from projects.admin.base import NamedFields, ReadOnly, link, listed, to_page
from projects.models import AuditEvent, Membership, Project, Workspace


class MemberInline(admin.TabularInline):
    model = Membership
    formset = NamedFields
    extra = 0
    autocomplete_fields = ("user",)
    fields = ("user", "role", "joined_at")
    readonly_fields = ("joined_at",)


@admin.register(Workspace)
class WorkspaceAdmin(admin.ModelAdmin):
    list_display = ("name", "slug", "members_of", "projects_of", "created_at", "page")
    search_fields = ("name", "slug")
    list_filter = ("created_at",)
    prepopulated_fields = {"slug": ("name",)}
    inlines = (MemberInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Workspace]:
        counts = {"people": Count("memberships", distinct=True), "owned": Count("projects", distinct=True)}
        return super().get_queryset(request).annotate(**counts)

    @admin.display(description="members", ordering="people")
    def members_of(self, workspace: Workspace) -> SafeString:
        return listed(Membership, str(workspace.people), workspace__id__exact=workspace.pk)

    @admin.display(description="projects", ordering="owned")
    def projects_of(self, workspace: Workspace) -> SafeString:
        return listed(Project, str(workspace.owned), workspace__id__exact=workspace.pk)

    @admin.display(description="")
    def page(self, workspace: Workspace) -> SafeString:
        return to_page(workspace.get_absolute_url(), "Open")


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin):
    list_display = ("user", "of_workspace", "role", "joined_at")
    list_filter = ("role", "workspace")
    list_select_related = ("workspace", "user")
    search_fields = ("user__username", "user__first_name", "user__last_name", "user__email", "workspace__name")
    autocomplete_fields = ("user", "workspace")

    @admin.display(description="workspace", ordering="workspace__name")
    def of_workspace(self, membership: Membership) -> SafeString:
        return link(membership.workspace)


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnly):
    """Who did what, in every project. Details are shown as text, whatever they hold."""

    list_display = ("at", "who", "action", "of_project", "detail_in_short")
    list_filter = ("action", "at", "project__workspace")
    list_select_related = ("by", "project")
    search_fields = ("action", "by__username", "project__title", "project__id")
    date_hierarchy = "at"
    fields = ("at", "by", "action", "project", "detail")

    @admin.display(description="by", ordering="by__username")
    def who(self, event: AuditEvent) -> SafeString | str:
        return link(event.by) if event.by else "nobody with an account"

    @admin.display(description="project", ordering="project__title")
    def of_project(self, event: AuditEvent) -> SafeString:
        return link(event.project)

    @admin.display(description="detail")
    def detail_in_short(self, event: AuditEvent) -> str:
        return ", ".join(f"{name}: {value}" for name, value in event.detail.items())[:120]
