"""Django's admin as hexlite serves it: one way to sign in, and a page of what goes on now."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.views.decorators.http import require_safe

from apps_runtime.pages import dashboard
from sharing.views.accounts import SignOut


class AdminSite(admin.AdminSite):
    """`/admin/`. Signing in is the product's own page: its limits of tries and its OpenID Connect count here too."""

    site_title = "hexlite administration"
    site_header = "hexlite administration"
    index_title = "Everything there is"
    empty_value_display = "–"

    def get_urls(self) -> list[URLResolver | URLPattern]:
        return [path("now/", self.admin_view(require_safe(self.now)), name="now"), *super().get_urls()]

    def now(self, request: HttpRequest) -> HttpResponse:
        """Kernels, memory, queues, failed runs. What a member of the staff may stop is stopped on the rows' pages."""
        if not (request.user.has_perm("apps_runtime.view_run") and request.user.has_perm("apps_runtime.view_session")):
            raise PermissionDenied
        context = {**self.each_context(request), "title": "What goes on now", "now": dashboard.look()}
        return TemplateResponse(request, "admin/now.html", context)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.user.is_authenticated:
            if not self.has_permission(request):
                raise PermissionDenied
            return redirect(reverse("admin:index"))
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return SignOut.as_view()(request)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return redirect("password-change")
