"""Every address, as the contract lists them (DESIGN, section 6)."""

from importlib.util import find_spec

from django.contrib import admin
from django.urls import include, path

from hexlite import health

# The catch-all `/<workspace>/` comes last.
MODULES = [
    "apps_runtime.urls_api",
    "sharing.urls",
    "sharing.urls_share",
    "apps_runtime.urls",
    "apps_runtime.urls_notebook",
    "apps_runtime.urls_runs",
    "apps_runtime.urls_home",
    "projects.urls_notebook",
    "projects.urls_files",
    "projects.urls",
]

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("admin/", admin.site.urls),
    *(path("", include(module)) for module in MODULES if find_spec(module)),
]
