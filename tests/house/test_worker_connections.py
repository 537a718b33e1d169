"""A worker's connections to the database: kept from task to task, unless they are too old."""

import time

import pytest
from celery.fixups.django import DjangoWorkerFixup
from django.db import connection

from hexlite.celery import app, close_stale

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def between_tasks():
    """What happens between two tasks of a real worker."""
    fixup = DjangoWorkerFixup(app)

    def happen() -> None:
        fixup.close_database()
        close_stale()

    return happen


def test_a_connection_is_kept(between_tasks):
    connection.ensure_connection()
    before = connection.connection
    between_tasks()
    assert connection.connection is before


def test_one_that_is_too_old_is_not(between_tasks):
    connection.ensure_connection()
    connection.close_at = time.monotonic() - 1
    between_tasks()
    assert connection.connection is None
