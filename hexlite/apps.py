from django.apps import AppConfig
from django.contrib.admin import apps as djangos_admin


class HexliteConfig(AppConfig):
    name = "hexlite"
    verbose_name = "hexlite"
    default = True


class AdminConfig(djangos_admin.AdminConfig):
    default = False
    default_site = "hexlite.admin_site.AdminSite"
