"""Signing in and out, forgotten passwords, and one's own profile."""

from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_cool_off, get_credentials
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse_lazy
from django.views.decorators.http import require_http_methods

from apps_runtime.messaging.not_now import NotNow
from apps_runtime.models import Try
from apps_runtime.services.limits import tries
from projects.addresses import canonical
from sharing import known_browsers, openid, signals
from sharing.backends import account_tried, address_of
from sharing.forms import ChangePasswordForm, ForgottenPasswordForm, NewPasswordForm, ProfileForm, SignInForm

NOT_PROVED = "Your e-mail address is not proved yet, so a forgotten password could not be replaced. See your profile."


class SignIn(views.LoginView):
    """`/sign-in/`. `next` may only lead to this site, and keeps the whole address with its parameters."""

    template_name = "accounts/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_context_data(self, **context) -> dict:
        context = super().get_context_data(**context)
        address = self.get_redirect_url()
        # Nothing about what is at the address: a stranger must not learn that it exists.
        context["goes_on"] = bool(address) and address != resolve_url(settings.LOGIN_REDIRECT_URL)
        context["sign_up"] = settings.HEXLITE_SIGN_UP
        context["single_sign_on"] = settings.HEXLITE_OIDC_NAME if openid.is_on() else ""
        context["with_inputs"] = "?_" in address or "&_" in address
        return context

    def post(self, request: HttpRequest, *arguments, **named) -> HttpResponse:
        """Raises NotNow before a password is looked at, so that the right one is not told from a wrong one."""
        if not self.is_known():
            tries.check(Try.What.PASSWORD, address_of(request))
        return super().post(request, *arguments, **named)

    def is_known(self) -> bool:
        return known_browsers.knows(self.request, account_tried(self.request, None))

    def form_valid(self, form: SignInForm) -> HttpResponse:
        response, person = super().form_valid(form), form.get_user()
        known_browsers.remember(self.request, response, person)
        if person.email and not person.proved_email:
            messages.info(self.request, NOT_PROVED)
        return response

    def form_invalid(self, form: SignInForm) -> HttpResponse:
        if form.has_error("password", "invalid_login"):
            if not self.is_known():
                tries.note(Try.What.PASSWORD, address_of(self.request))
            form.add_error("password", tries_left(self.request))
        return super().form_invalid(form)


class SignOut(views.LogoutView):
    """Live windows of the same browser close with a word (specs/security T10)."""

    def post(self, request: HttpRequest, *arguments, **named) -> HttpResponse:
        person = request.user
        response = super().post(request, *arguments, **named)
        if person.is_authenticated:
            signals.follow_sign_out(person)
        return response


def tries_left(request: HttpRequest) -> str:
    """“You have 9 more tries.”"""
    credentials = get_credentials(username=request.POST.get("username"))
    left = max(0, settings.AXES_FAILURE_LIMIT - AxesProxyHandler.get_failures(request, credentials))
    return f"You have {left} more {'try' if left == 1 else 'tries'}."


def too_many_tries(request: HttpRequest, response: HttpResponse, credentials: dict | None) -> HttpResponse:
    """The answer to a try during the break (`AXES_LOCKOUT_CALLABLE`)."""
    minutes = round(get_cool_off(request).total_seconds() / 60)
    return render(request, "accounts/too_many_tries.html", {"minutes": minutes}, status=429)


class ForgottenPassword(views.PasswordResetView):
    """The answer is the same whether there is such an account or not; the link leads to the configured address."""

    template_name = "accounts/password_forgotten.html"
    form_class = ForgottenPasswordForm
    email_template_name = "accounts/password_mail.txt"
    subject_template_name = "accounts/password_mail_subject.txt"
    success_url = reverse_lazy("password-sent")
    # From the settings, because the Host header of the request is whatever its sender wrote there.
    extra_email_context = {"origin": settings.ORIGIN}

    def form_valid(self, form: ForgottenPasswordForm) -> HttpResponse:
        """Raises NotNow for an address that asks too often; of one mailbox that got enough the page tells nothing."""
        tries.spend(Try.What.MAIL, address_of(self.request))
        try:
            tries.spend(Try.What.MAILBOX, canonical(form.cleaned_data["email"]))
        except NotNow:
            return redirect(self.get_success_url())
        return super().form_valid(form)


class PasswordSent(views.PasswordResetDoneView):
    template_name = "accounts/password_sent.html"


class NewPassword(views.PasswordResetConfirmView):
    template_name = "accounts/password_new.html"
    form_class = NewPasswordForm
    success_url = reverse_lazy("password-done")


class PasswordDone(views.PasswordResetCompleteView):
    template_name = "accounts/password_done.html"


class ChangePassword(views.PasswordChangeView):
    """Other windows and machines of the person are signed out by it."""

    template_name = "accounts/password_change.html"
    form_class = ChangePasswordForm
    success_url = reverse_lazy("profile")

    def get_context_data(self, **context) -> dict:
        return super().get_context_data(**context) | {"tokens": self.request.user.api_tokens.count()}

    def form_valid(self, form: ChangePasswordForm) -> HttpResponse:
        ended = " Your API tokens have ended." if self.request.user.api_tokens.exists() else ""
        messages.success(self.request, f"Your password is changed. Other windows are signed out.{ended}")
        return super().form_valid(form)


@login_required
@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """`/profile/`: name and time zone."""
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Saved.")
        return redirect("profile")
    return render(request, "accounts/profile.html", {"form": form})
