"""hexlite: notebooks become published, versioned, interactive apps."""

# Tasks are sent by name through Celery's current app; it must be ours in every process that loads Django.
from hexlite.celery import app as celery_app

__all__ = ["celery_app"]
