"""Live apps and notebooks: who is in them, and which hold a kernel."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from apps_runtime.models import InstantStart, Participant, Session, SessionCell
from apps_runtime.services.upkeep import stopping
from apps_runtime.session.state import State
from projects.admin.base import NOTHING, NamedValues, ReadOnly, ReadOnlyInline, link, listed
from projects.templatetags.times import duration


class _YesNo(admin.SimpleListFilter):
    yes: dict[str, Any]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Yes"), ("no", "No")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        match self.value():
            case "yes":
                return queryset.filter(**self.yes)
            case "no":
                return queryset.exclude(**self.yes)
        return queryset


class HoldsKernel(_YesNo):
    title, parameter_name, yes = "holds a kernel", "kernel", {"kernel__isnull": False}


class OfNotebook(_YesNo):
    title, parameter_name, yes = "of a notebook", "notebook", {"draft__isnull": False}


class Collaborative(_YesNo):
    title, parameter_name, yes = "shared by a link", "shared", {"token__isnull": False}


class ParticipantInline(ReadOnlyInline):
    model = Participant
    fields = readonly_fields = ("name", "user", "joined_at", "seen_at")
    verbose_name_plural = "open windows"


@admin.register(Session)
class SessionAdmin(ReadOnly):
    list_display = (
        "of_what",
        "of_project",
        "whose",
        "phase",
        "holds_kernel",
        "windows",
        "created_at",
        "seen_at",
        "worker",
    )
    list_filter = (HoldsKernel, OfNotebook, Collaborative, "seen_at", ("worker", NamedValues), "project__workspace")
    list_select_related = ("project", "owner", "draft", "version")
    search_fields = ("project__title", "project__id", "owner__username", "worker")
    ordering = ("-seen_at",)
    fields = (
        "project", "version", "draft", "owner", "phase", "holds_kernel", "sequence", "created_at", "seen_at",
        "idle_since", "lease_until", "worker",
    )  # fmt: skip
    inlines = (ParticipantInline,)
    actions = ("stop",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Session]:
        counted = super().get_queryset(request).annotate(people=Count("participants"))
        return counted.defer("version__document", "draft__document")

    @admin.display(description="of")
    def of_what(self, session: Session) -> str:
        if session.is_draft:
            return f"Notebook “{session.draft.title}”"
        return f"App, {session.version}" + (", shared" if session.token else "")

    @admin.display(description="project", ordering="project__title")
    def of_project(self, session: Session) -> SafeString:
        return link(session.project)

    @admin.display(description="whose", ordering="owner__username")
    def whose(self, session: Session) -> SafeString | str:
        if session.is_draft:
            return "the authors’"
        return link(session.owner) if session.owner else "a stranger’s"

    @admin.display(description="state")
    def phase(self, session: Session) -> str:
        return State.from_json(session.state).phase.value

    @admin.display(description="kernel", boolean=True)
    def holds_kernel(self, session: Session) -> bool:
        return session.kernel is not None

    @admin.display(description="windows", ordering="people")
    def windows(self, session: Session) -> SafeString:
        return listed(Participant, str(session.people), session__id__exact=session.pk)

    @admin.action(description="Stop the chosen sessions and end their kernels", permissions=["change"])
    def stop(self, request: HttpRequest, chosen: QuerySet[Session]) -> None:
        stopped = stopping.stop_sessions(Session.objects.filter(pk__in=list(chosen.values_list("pk", flat=True))))
        self.message_user(request, f"Sessions that are stopped: {stopped}.", messages.SUCCESS)


@admin.register(SessionCell)
class SessionCellAdmin(ReadOnly):
    list_display = ("of_session", "position", "state", "started_at", "took", "error_id")
    list_display_links = ("position",)
    list_filter = ("state", "started_at")
    list_select_related = ("session__project",)
    search_fields = ("session__project__title", "error_id")
    ordering = ("-session__seen_at", "position")
    fields = ("session", "position", "cell_id", "state", "started_at", "seconds", "error_id", "execution_count")

    def get_queryset(self, request: HttpRequest) -> QuerySet[SessionCell]:
        return super().get_queryset(request).defer("outputs")

    @admin.display(description="session")
    def of_session(self, cell: SessionCell) -> SafeString:
        return link(cell.session)

    @admin.display(description="took", ordering="seconds")
    def took(self, cell: SessionCell) -> str:
        return duration(cell.seconds) or NOTHING


@admin.register(Participant)
class ParticipantAdmin(ReadOnly):
    list_display = ("name", "account", "of_session", "joined_at", "seen_at")
    list_filter = ("joined_at", "session__project__workspace")
    list_select_related = ("user", "session__project")
    search_fields = ("name", "user__username", "session__project__title")
    ordering = ("-seen_at",)
    fields = ("name", "user", "session", "joined_at", "seen_at")

    @admin.display(description="account", ordering="user__username")
    def account(self, participant: Participant) -> SafeString:
        return link(participant.user)

    @admin.display(description="session")
    def of_session(self, participant: Participant) -> SafeString:
        return link(participant.session)


@admin.register(InstantStart)
class InstantStartAdmin(ReadOnly):
    """The processes that sessions are forked from."""

    list_display = ("of_project", "machine", "ready", "reason", "took", "size", "made_at")
    list_display_links = ("machine",)
    list_filter = ("ready", "machine")
    list_select_related = ("project",)
    search_fields = ("project__title", "reason")
    ordering = ("-made_at",)
    fields = ("project", "machine", "key", "ready", "reason", "cell_id", "seconds", "bytes", "made_at")

    @admin.display(description="app", ordering="project__title")
    def of_project(self, start: InstantStart) -> SafeString:
        return link(start.project)

    @admin.display(description="took", ordering="seconds")
    def took(self, start: InstantStart) -> str:
        return duration(start.seconds) or NOTHING

    @admin.display(description="memory", ordering="bytes")
    def size(self, start: InstantStart) -> str:
        return f"{start.bytes / 1e6:,.0f} MB" if start.bytes else NOTHING
