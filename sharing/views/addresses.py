"""Proving one's e-mail address: a mail to it, and the link in that."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from apps_runtime.models import Try
from apps_runtime.services.limits import tries
from projects.addresses import canonical
from sharing.backends import address_of
from sharing.services import addresses


@login_required
@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    """`/profile/address/`: send the link."""
    tries.spend(Try.What.MAIL, address_of(request))
    tries.spend(Try.What.MAILBOX, canonical(request.user.email))
    addresses.ask(person=request.user)
    messages.success(request, f"A link is on its way to {request.user.email}, good for a day. Open it in this browser.")
    return redirect("profile")


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def proved(request: HttpRequest, token: str) -> HttpResponse:
    """`/profile/address/<token>/`, from the mail. Looking proves nothing: programs of mail servers look as well."""
    try:
        addresses.check_link(token=token, person=request.user)
        if request.method != "POST":
            return render(request, "accounts/address.html")
        addresses.prove(person=request.user, way=addresses.Way.MAIL)
    except (addresses.LinkOver, addresses.AddressTaken) as refusal:
        return render(request, "accounts/address_over.html", {"sentence": str(refusal)}, status=404)
    messages.success(request, f"{request.user.email} is yours: your account is found by it from now on.")
    return redirect("profile")
