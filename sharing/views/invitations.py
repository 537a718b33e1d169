"""Accepting an invitation: with the account one has, or with a new one."""

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from apps_runtime.models import Try
from apps_runtime.services.limits import tries
from projects.levels import Level
from projects.models import Project
from sharing.backends import address_of
from sharing.invitation_form import JoinForm
from sharing.services import invitations
from sharing.services.invitations import InvitationOver, Opened

BACKEND = "sharing.backends.NameOrEmail"


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """`/invitation/<token>/`. Whoever is signed in accepts with a button; everybody else makes an account, or signs in.

    The link is a secret in an address: nothing on the page loads from elsewhere, and no Referer carries it away.
    """
    tries.check(Try.What.LINK, address_of(request))
    try:
        found = invitations.find(token=token)
        return _quietly(_accept(request, found, token))
    except InvitationOver as over:
        tries.note(Try.What.LINK, address_of(request))
        return _quietly(render(request, "sharing/invitation_over.html", {"sentence": str(over)}, status=404))


def _accept(request: HttpRequest, opened: Opened, token: str) -> HttpResponse:
    found = opened.invitation
    sign_in = f"{reverse('sign-in')}?next={reverse('invitation', args=[token])}"
    context = {"invitation": found, "sign_in": sign_in, "proves": opened.was_mailed}
    if request.user.is_authenticated:
        if request.method != "POST":
            return render(request, "sharing/invitation.html", context)
        return redirect(_first_page(invitations.accept(opened=opened, person=request.user), found.level_given))
    if opened.has_account:
        return render(request, "sharing/invitation.html", context | {"known": True})
    form = JoinForm(request.POST or None, email=found.email)
    if request.method == "POST" and form.is_valid():
        person = invitations.join(
            opened=opened,
            username=form.cleaned_data["username"],
            full_name=form.cleaned_data["full_name"],
            password=form.cleaned_data["password"],
        )
        login(request, person, backend=BACKEND)
        return redirect(_first_page(found.project, found.level_given))
    return render(request, "sharing/invitation.html", context | {"form": form})


def _first_page(project: Project, level: Level) -> str:
    """The notebook for those who may read it; else the app, or the start page while there is none."""
    if level.includes(Level.CAN_VIEW):
        return project.get_absolute_url()
    return project.app_url if hasattr(project, "publication") else reverse("home")


def _quietly(response: HttpResponse) -> HttpResponse:
    # Not "no-referrer": browsers then send the form with `Origin: null`, which Django takes for another site's.
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
