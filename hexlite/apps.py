from django.apps import AppConfig
from django.contrib.admin import apps as djangos_admin

# Tasks are sent by name through Celery's current app; it must be ours in every process that loads Django.
from hexlite.celery import app as celery_app

__all__ = ["AdminConfig", "HexliteConfig", "celery_app"]


class HexliteConfig(AppConfig):
    name = "hexlite"
    verbose_name = "hexlite"
    default = True


class AdminConfig(djangos_admin.AdminConfig):
    default = False
    default_site = "hexlite.admin_site.AdminSite"
