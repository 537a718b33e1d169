"""Addresses of the API for programs, and of one's tokens."""

from django.urls import path

from apps_runtime.api import api
from apps_runtime.views import tokens

urlpatterns = [
    path("api/v1/", api.urls),
    path("profile/tokens/", tokens.tokens, name="tokens"),
    path("profile/tokens/<int:token_id>/delete/", tokens.delete, name="token-delete"),
]
