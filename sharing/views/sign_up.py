"""Making an account oneself, where that is allowed."""

from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from apps_runtime.models import Try
from apps_runtime.services.limits import tries
from sharing.backends import address_of
from sharing.forms import AddressForm
from sharing.invitation_form import JoinForm
from sharing.services import sign_up as signing_up
from sharing.views.invitations import BACKEND


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    """`/sign-up/`: an e-mail address. The answer is the same whether it has an account."""
    if not settings.HEXLITE_SIGN_UP:
        raise Http404
    form = AddressForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            signing_up.ask(email=form.cleaned_data["email"], address=address_of(request))
            return render(request, "accounts/sign_up_sent.html", {"email": form.cleaned_data["email"]})
        except signing_up.NotHere as refusal:
            form.add_error("email", str(refusal))
    return render(request, "accounts/sign_up.html", {"form": form})


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """`/sign-up/<token>/`, from the mail: a name and a password."""
    if not settings.HEXLITE_SIGN_UP:
        raise Http404
    tries.check(Try.What.LINK, address_of(request))
    try:
        email = signing_up.address_of(token)
        form = JoinForm(request.POST or None, email=email)
        if request.method == "POST" and form.is_valid():
            login(request, signing_up.confirm(token=token, **form.cleaned_data), backend=BACKEND)
            return redirect("home")
    except signing_up.SignUpOver as over:
        tries.note(Try.What.LINK, address_of(request))
        return render(request, "accounts/sign_up_over.html", {"sentence": str(over)}, status=404)
    return render(request, "accounts/sign_up_confirm.html", {"form": form, "email": email})
