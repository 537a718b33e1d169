"""All projects: what administrators stop, pause and hand over. What is in them is on their own pages."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString

from apps_runtime.models import Run, Schedule, Session
from apps_runtime.services.upkeep import stopping
from projects.admin.base import ReadOnly, ReadOnlyInline, link, listed, to_page
from projects.levels import Level
from projects.models import AuditEvent, Draft, Project, ProjectGroupGrant, ProjectUserGrant, User, Version
from sharing.models import Invitation
from sharing.services import ownership


class Published(admin.SimpleListFilter):
    title = "published"
    parameter_name = "published"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Yes"), ("no", "No")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Project]) -> QuerySet[Project]:
        wanted = self.value()
        return queryset.filter(publication__isnull=wanted == "no") if wanted in ("yes", "no") else queryset


class InTrash(Published):
    title = "in the trash"
    parameter_name = "trashed"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Project]) -> QuerySet[Project]:
        wanted = self.value()
        return queryset.filter(trashing__isnull=wanted == "no") if wanted in ("yes", "no") else queryset


class UserGrantInline(ReadOnlyInline):
    model = ProjectUserGrant
    fields = readonly_fields = ("user", "permission")
    verbose_name_plural = "levels of people: a level is held with all below it"


class GroupGrantInline(ReadOnlyInline):
    model = ProjectGroupGrant
    fields = readonly_fields = ("group", "permission")
    verbose_name_plural = "levels of groups"


class TransferForm(forms.Form):
    """To whom, and what the owner before keeps."""

    to = forms.ModelChoiceField(
        label="New owner",
        queryset=User.objects.filter(is_active=True),
        widget=AutocompleteSelect(Project._meta.get_field("created_by"), admin.site),
    )
    left = forms.ChoiceField(
        label="The owner before keeps",
        choices=[("", "Nothing"), *((level.value, level.label) for level in Level.grantable())],
        initial=Level.CAN_EDIT.value,
        required=False,
    )


@admin.register(Project)
class ProjectAdmin(ReadOnly):
    list_display = (
        "title", "of_workspace", "owner", "visibility", "is_published", "runs_of", "sessions_of", "schedules_of",
        "created_at", "page",
    )  # fmt: skip
    list_filter = (Published, "visibility", "workspace_level", InTrash, "workspace", "created_at", "kernelspec")
    list_select_related = ("workspace", "created_by", "publication", "trashing")
    search_fields = ("title", "id", "created_by__username", "workspace__name")
    ordering = ("-created_at",)
    fields = (
        "title", "id", "workspace", "created_by", "created_at", "kernelspec", "visibility", "workspace_level",
        "editors_can_share", "embed_sites", "related",
    )  # fmt: skip
    inlines = (UserGrantInline, GroupGrantInline)
    actions = ("stop", "pause_schedules", "transfer")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Project]:
        return (
            super()
            .get_queryset(request)
            .defer("publication__version__document")
            .annotate(
                run_count=Count("runs", distinct=True),
                kernel_count=Count("sessions", filter=Q(sessions__kernel__isnull=False), distinct=True),
                schedule_count=Count("schedules", distinct=True),
            )
        )

    @admin.display(description="workspace", ordering="workspace__name")
    def of_workspace(self, project: Project) -> SafeString:
        return link(project.workspace)

    @admin.display(description="owner", ordering="created_by__username")
    def owner(self, project: Project) -> SafeString:
        return link(project.created_by)

    @admin.display(description="published", boolean=True)
    def is_published(self, project: Project) -> bool:
        return hasattr(project, "publication")

    @admin.display(description="runs", ordering="run_count")
    def runs_of(self, project: Project) -> SafeString:
        return listed(Run, str(project.run_count), project__id__exact=project.pk)

    @admin.display(description="kernels", ordering="kernel_count")
    def sessions_of(self, project: Project) -> SafeString:
        return listed(Session, str(project.kernel_count), project__id__exact=project.pk)

    @admin.display(description="schedules", ordering="schedule_count")
    def schedules_of(self, project: Project) -> SafeString:
        return listed(Schedule, str(project.schedule_count), project__id__exact=project.pk)

    @admin.display(description="")
    def page(self, project: Project) -> SafeString | str:
        return "in the trash" if project.is_trashed else to_page(project.get_absolute_url(), "Open")

    @admin.display(description="rows")
    def related(self, project: Project) -> SafeString:
        models = (Draft, Version, Run, Session, Schedule, AuditEvent, Invitation)
        links = [
            listed(model, str(model._meta.verbose_name_plural).capitalize(), project__id__exact=project.pk)
            for model in models
        ]
        if not project.is_trashed:
            links.append(to_page(reverse("share", args=[project.workspace.slug, project.pk]), "Share"))
        return SafeString(", ").join(links)

    # ---- Actions

    def has_transfer_permission(self, request: HttpRequest) -> bool:
        """Staff could give themselves everything by it, so it takes an administrator."""
        return request.user.is_superuser

    @admin.action(description="Stop what runs: sessions, kernels, runs", permissions=["change"])
    def stop(self, request: HttpRequest, chosen: QuerySet[Project]) -> None:
        stopped = stopping.stop_projects(chosen)
        self.message_user(request, f"Runs and sessions that are stopped: {stopped}.", messages.SUCCESS)

    @admin.action(description="Pause all schedules", permissions=["change"])
    def pause_schedules(self, request: HttpRequest, chosen: QuerySet[Project]) -> None:
        paused = stopping.pause_schedules(Schedule.objects.filter(project__in=[project.pk for project in chosen]))
        self.message_user(request, f"Schedules that are paused now: {paused}.", messages.SUCCESS)

    @admin.action(description="Transfer ownership…", permissions=["transfer"])
    def transfer(self, request: HttpRequest, chosen: QuerySet[Project]) -> HttpResponse | None:
        """Asks to whom, on a page between; then hands each project over."""
        projects = list(chosen)
        form = TransferForm(request.POST if "to" in request.POST else None)
        if form.is_valid():
            to, left = form.cleaned_data["to"], form.cleaned_data["left"]
            for project in projects:
                ownership.transfer(project=project, to=to, left=Level(left) if left else None, by=request.user)
            self.message_user(request, f"Projects that {to.name} owns now: {len(projects)}.", messages.SUCCESS)
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": "Transfer ownership",
            "opts": self.model._meta,
            "projects": projects,
            "form": form,
            "media": self.media + form.media,
            "checkbox": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/transfer.html", context)


class OfLevel(admin.SimpleListFilter):
    title = "level"
    parameter_name = "level"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(level.value, f"{level.label} or more") for level in Level.grantable()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        wanted = self.value()
        if wanted not in set(Level.grantable()):
            return queryset
        return queryset.filter(permission__codename=Level(wanted).permission)


class GrantAdmin(ReadOnly):
    """A level is held as one row for each level it includes. The Share dialogue changes it, with the audit trail."""

    list_filter = (OfLevel, "content_object__workspace")
    ordering = ("content_object__title",)

    @admin.display(description="project", ordering="content_object__title")
    def of_project(self, grant: ProjectUserGrant | ProjectGroupGrant) -> SafeString:
        return link(grant.content_object)

    @admin.display(description="permission", ordering="permission__codename")
    def level(self, grant: ProjectUserGrant | ProjectGroupGrant) -> str:
        return grant.permission.name


@admin.register(ProjectUserGrant)
class ProjectUserGrantAdmin(GrantAdmin):
    list_display = ("__str__", "of_project", "of_user", "level")
    list_select_related = ("content_object", "user", "permission__content_type")
    search_fields = ("content_object__title", "content_object__id", "user__username")
    fields = ("content_object", "user", "permission")

    @admin.display(description="person", ordering="user__username")
    def of_user(self, grant: ProjectUserGrant) -> SafeString:
        return link(grant.user)


@admin.register(ProjectGroupGrant)
class ProjectGroupGrantAdmin(GrantAdmin):
    list_display = ("__str__", "of_project", "of_group", "level")
    list_select_related = ("content_object", "group", "permission__content_type")
    search_fields = ("content_object__title", "content_object__id", "group__name")
    fields = ("content_object", "group", "permission")

    @admin.display(description="group", ordering="group__name")
    def of_group(self, grant: ProjectGroupGrant) -> SafeString:
        return link(grant.group)
