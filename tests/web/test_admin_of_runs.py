"""Administrators see all runs and schedules, and nothing of what is in them."""

from datetime import time

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from apps_runtime.models import Run
from apps_runtime.schedules.recurrence import Every, Recurrence
from apps_runtime.services.runs import runs
from apps_runtime.services.schedules import schedules
from tests.cast import Cast, make_cast, published

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(db) -> Cast:
    cast = make_cast()
    published(cast)
    return cast


@pytest.fixture
def staff(cast: Cast, client):
    """Mallory has no project, and may see and stop runs and schedules."""
    cast.mallory.is_staff = True
    cast.mallory.save()
    wanted = ["view_run", "change_run", "view_schedule", "change_schedule", "view_apitoken"]
    cast.mallory.user_permissions.set(Permission.objects.filter(codename__in=wanted))
    client.force_login(cast.mallory)
    return client


def test_runs_are_listed_and_stopped_without_their_content(cast: Cast, staff) -> None:
    version = cast.project.publication.version
    run = runs.start(version=version, trigger=Run.Trigger.MANUAL, by=cast.bob, values={"n": 37})
    html = staff.get(reverse("admin:apps_runtime_run_changelist")).content.decode()
    assert "By hand" in html and "Queued" in html and "0 of 3" in html
    page = staff.get(reverse("admin:apps_runtime_run_change", args=[run.pk])).content.decode()
    assert "37" not in page.replace(str(run.pk), "").split("<form")[1].split("csrf")[0]
    assert "untouched" not in page and "squares" not in page
    staff.post(reverse("admin:apps_runtime_run_changelist"), {"action": "stop", "_selected_action": [str(run.pk)]})
    run.refresh_from_db()
    assert (run.state, run.why) == (Run.State.CANCELLED, "An administrator stopped it.")


def test_schedules_are_listed_and_paused(cast: Cast, staff) -> None:
    made = schedules.create(
        project=cast.project, recurrence=Recurrence(Every.DAY, at=time(6)), time_zone="UTC", by=cast.bob
    )
    address = reverse("admin:apps_runtime_schedule_changelist")
    assert "Every day at 06:00 UTC" in staff.get(address).content.decode()
    staff.post(address, {"action": "pause", "_selected_action": [str(made.pk)]})
    made.refresh_from_db()
    assert made.pause.why == "An administrator paused it."


def test_nobody_makes_runs_there(cast: Cast, staff) -> None:
    assert staff.get(reverse("admin:apps_runtime_run_add")).status_code == 403
