from django.apps import AppConfig


class HexliteConfig(AppConfig):
    name = "hexlite"
    verbose_name = "hexlite"
