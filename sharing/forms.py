"""Forms of accounts."""

import zoneinfo
from itertools import groupby

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, PasswordResetForm, SetPasswordForm
from django.core.exceptions import ValidationError

from projects.models import User
from sharing.invitation_form import check_name
from sharing.services import addresses


class SignInForm(AuthenticationForm):
    """Says "these do not match" where the person types next: at the password."""

    error_messages = {
        "invalid_login": "Name and password do not match.",
        "inactive": "This account is closed. Ask an administrator.",
    }

    def __init__(self, *arguments, **options) -> None:
        super().__init__(*arguments, **options)
        self.fields["username"].label = "Name or e-mail"

    def clean(self) -> dict:
        try:
            return super().clean()
        except ValidationError as refusal:
            self.add_error("password", refusal)
            self.fields["username"].widget.attrs.pop("autofocus", None)
            self.fields["password"].widget.attrs["autofocus"] = True
            return self.cleaned_data


class AddressForm(forms.Form):
    """Where a link is sent to."""

    email = forms.EmailField(
        label="E-mail", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True})
    )


class ForgottenPasswordForm(PasswordResetForm):
    """In the words of the other pages. The mail goes to an address that is proved, and to no other account's."""

    def __init__(self, *arguments, **options) -> None:
        super().__init__(*arguments, **options)
        self.fields["email"].label = "E-mail"
        self.fields["email"].widget.attrs["autofocus"] = True

    def get_users(self, email: str) -> list[User]:
        person = addresses.account_of(email)
        # Whoever signs in elsewhere has no password, and gets none by a mail.
        return [person] if person and person.is_active and person.has_usable_password() else []


class NewPasswordForm(SetPasswordForm):
    """The page says the rules in a sentence; Django's list of them is markup."""

    def __init__(self, *arguments, **options) -> None:
        super().__init__(*arguments, **options)
        self.fields["new_password1"].help_text = ""
        self.fields["new_password2"].help_text = ""
        self.fields["new_password2"].label = "New password again"


class ChangePasswordForm(NewPasswordForm, PasswordChangeForm):
    """The same, with the old password first."""


class ProfileForm(forms.ModelForm):
    """What people change about themselves."""

    time_zone = forms.ChoiceField(
        label="Time zone", help_text="Times of runs and results are shown in it, and new schedules begin with it."
    )

    class Meta:
        model = User
        fields = ["first_name", "last_name", "time_zone"]

    def __init__(self, *arguments, **options) -> None:
        super().__init__(*arguments, **options)
        self.fields["time_zone"].choices = time_zones()

    def clean_first_name(self) -> str:
        return check_name(self.cleaned_data["first_name"])

    def clean_last_name(self) -> str:
        return check_name(self.cleaned_data["last_name"])


def time_zones() -> list[tuple[str, list[tuple[str, str]]]]:
    """(region, (zone, what people call it)) for a select; UTC first."""
    names = sorted(name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith("Etc/"))
    regions = groupby(names, key=lambda name: name.split("/")[0])
    return [
        ("Everywhere", [("UTC", "UTC")]),
        *((region, [(name, name.split("/", 1)[1].replace("_", " ")) for name in zones]) for region, zones in regions),
    ]
