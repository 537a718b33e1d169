"""The Share dialogue: one address shows it, the addresses below it change something and show it again."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from projects.levels import Level
from projects.models import Project, User
from projects.permissions import Action, NotEnough, load
from projects.shapes import LARGEST_KEY, whole_number
from sharing.models import Invitation
from sharing.services import grants, invitations, people, reasons, sharing
from sharing.services import visibility as openness
from sharing.services.grants import LastOwner
from sharing.services.invitations import Sent, TooManyInvitations
from sharing.services.people import NobodyFound
from sharing.services.visibility import BadSite

SAID = (LastOwner, NobodyFound, TooManyInvitations, BadSite)


@require_safe
def share(request: HttpRequest, workspace: str, project_id: str) -> HttpResponse:
    """`…/share/`: the dialogue for a page that asks for one, a page of its own for whoever follows a link."""
    project = load(request.user, workspace, project_id, Action.VIEW_ACCESS)
    template = "sharing/dialogue.html" if request.headers.get("X-Fragment") else "sharing/page.html"
    return render(request, template, _context(project, request.user))


@require_safe
def find(request: HttpRequest, workspace: str, project_id: str) -> JsonResponse:
    """`?q=`: members and groups, with the level each has by now and what gives it."""
    project = load(request.user, workspace, project_id, Action.GRANT)
    found = people.find(project=project, text=request.GET.get("q", ""))
    whys = reasons.why(project, [one.principal for one in found if isinstance(one.principal, User)])
    answers = []
    for one in found:
        why = whys.get(one.principal.pk) if isinstance(one.principal, User) else None
        level = why.level.label if why and why.level else ""
        answers.append({"who": one.who, "name": one.name, "detail": one.detail, "has": level})
    return JsonResponse({"found": answers})


def changes(view: Callable[..., str | Sent]) -> Callable[..., HttpResponse]:
    """A view that changes something and returns what to say; refusals are said where the person looks."""

    @require_POST
    @wraps(view)
    def answer(request: HttpRequest, workspace: str, project_id: str) -> HttpResponse:
        project = load(request.user, workspace, project_id, Action.VIEW_ACCESS)
        tone, status, link = "", 200, ""
        try:
            said = view(request, project)
            if isinstance(said, Sent):
                link, said = said.link, _invited(said.invitation)
        except NotEnough as refusal:
            said, tone, status = refusal.sentence, "failed", 403
        except SAID as refusal:
            said, tone, status = str(refusal), "failed", 422
        streams = bool(request.headers.get("X-Fragment"))  # Else: a form that was sent without the page's script.
        if not streams and not tone and not link:
            return redirect("share", workspace, project_id)
        # By now the person may have taken away his own access: then the dialogue is gone, as for everybody else.
        project = load(request.user, workspace, project_id, Action.VIEW_ACCESS)
        context = _context(project, request.user) | {"said": said, "tone": tone, "link": link}
        template = "sharing/fragments.html" if streams else "sharing/page.html"
        return render(request, template, context, status=status)

    return answer


@changes
def grant(request: HttpRequest, project: Project) -> str | Sent:
    """Form: `level`, and `who` (from the list) or `text` (what was typed: a name, or an address to invite)."""
    level = _level(request.POST.get("level", ""))
    who, text = request.POST.get("who", ""), request.POST.get("text", "").strip()
    if invitation := _invitation(project, who):
        invitations.change_level(invitation=invitation, level=level, by=request.user)
        return f"{invitation.email} is invited with {level.label}."
    if not who and _is_address(text):
        try:
            principal = people.named(project=project, text=text)
        except NobodyFound:
            return invitations.invite(project=project, email=text, level=level, by=request.user)
    else:
        principal = people.by_who(project=project, text=who) if who else people.named(project=project, text=text)
    grants.grant(project=project, to=principal, level=level, by=request.user)
    return f"{principal.name} has {level.label}."


@changes
def revoke(request: HttpRequest, project: Project) -> str:
    """Form: `who`."""
    who = request.POST.get("who", "")
    if invitation := _invitation(project, who):
        invitations.take_back(invitation=invitation, by=request.user)
        return f"The invitation of {invitation.email} is taken back."
    principal = people.by_who(project=project, text=who)
    grants.revoke(project=project, of=principal, by=request.user)
    left = reasons.why(project, [principal]).get(principal.pk) if isinstance(principal, User) else None
    if left and left.level:
        return f"Removed what was given to {principal.name}, who still has {left.level.label}."
    return f"{principal.name} has no access any more."


@changes
def again(request: HttpRequest, project: Project) -> Sent:
    """Form: `who`, an invitation: a new link, which ends the old one."""
    invitation = _invitation(project, request.POST.get("who", ""))
    if invitation is None:
        raise NobodyFound("This invitation was accepted or taken back.")
    return invitations.invite(
        project=project, email=invitation.email, level=invitation.level_given, by=request.user, now=timezone.now()
    )


@changes
def workspace_level(request: HttpRequest, project: Project) -> str:
    """Form: `level`, or nothing for no access."""
    text = request.POST.get("level", "")
    level = _level(text) if text else None
    if level is Level.FULL_ACCESS:
        raise NobodyFound("A whole workspace can't have Full Access.")
    openness.set_workspace_level(project=project, level=level, by=request.user)
    everyone = f"Everyone in {project.workspace.name}"
    return f"{everyone} has {level.label}." if level else f"{everyone} has no access by being a member."


@changes
def visibility(request: HttpRequest, project: Project) -> str:
    """Form: `visibility`."""
    text = request.POST.get("visibility", "")
    if text not in Project.Visibility.values:
        raise NobodyFound("Choose who can open the app.")
    chosen = Project.Visibility(text)
    openness.set_visibility(project=project, visibility=chosen, by=request.user)
    return {
        Project.Visibility.WORKSPACE: "Only the people listed here can open the app.",
        Project.Visibility.LINK: "Anyone with the link can open the app.",
        Project.Visibility.PUBLIC: "Anyone can open the app, and it is listed.",
    }[chosen]


@changes
def editors(request: HttpRequest, project: Project) -> str:
    """Form: `allowed` when people with Can Edit may share."""
    allowed = bool(request.POST.get("allowed"))
    openness.set_editors_can_share(project=project, allowed=allowed, by=request.user)
    return "People with Can Edit may share." if allowed else "Only people with Full Access share now."


@changes
def embedding(request: HttpRequest, project: Project) -> str:
    """Form: `sites`, one a line."""
    sites = openness.set_embed_sites(project=project, text=request.POST.get("sites", ""), by=request.user)
    if not sites:
        return "Embedding is off."
    return f"{len(sites)} {'site' if len(sites) == 1 else 'sites'} may show the app in a frame."


def _invited(invitation: Invitation) -> str:
    return f"Invited {invitation.email}. The link works once, until {timezone.localtime(invitation.expires_at):%-d %B}."


def _context(project: Project, by: User) -> dict[str, Any]:
    return {"sharing": sharing.of(project, by), "project": project, "app_link": project.app_url}


def _level(text: str) -> Level:
    try:
        return Level.from_label(text)
    except ValueError as problem:
        raise NobodyFound(str(problem)) from None


def _invitation(project: Project, who: str) -> Invitation | None:
    kind, _, number = who.partition(":")
    key = whole_number(number, largest=LARGEST_KEY)
    return project.invitations.filter(pk=key).first() if kind == "invitation" and key is not None else None


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True
