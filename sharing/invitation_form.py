"""The form by which somebody who was invited makes an account."""

import unicodedata
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password

from projects.models import User


def check_name(name: str) -> str:
    """A name must not pass for somebody's e-mail address. Raises ValidationError."""
    if "@" in unicodedata.normalize("NFKC", name):
        raise forms.ValidationError("A name has no “@”.")
    return name


class JoinForm(forms.Form):
    """An account's name, what colleagues call the person, and a password. The address is that of the invitation."""

    full_name = forms.CharField(
        label="Your name", max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    username = forms.CharField(
        label="Name of the account",
        max_length=150,
        help_text="You sign in with it, or with your e-mail address.",
        widget=forms.TextInput(attrs={"autocomplete": "username"}),
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        help_text="Ten characters or more, and not a common one.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *arguments: Any, email: str, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.email = email

    def clean_full_name(self) -> str:
        return check_name(self.cleaned_data["full_name"])

    def clean_username(self) -> str:
        name = check_name(self.cleaned_data["username"])
        User.username_validator(name)
        if User.objects.filter(username__iexact=name).exists():
            raise forms.ValidationError("This name is taken. Choose another one.")
        return name

    def clean_password(self) -> str:
        password = self.cleaned_data["password"]
        validate_password(password, User(username=self.cleaned_data.get("username", ""), email=self.email))
        return password
