"""Instant starts, as publishing asks for them; `playing/instant_start.py` makes them."""

from apps_runtime.messaging import queue
from apps_runtime.models import InstantStart
from projects.models import Project


def ask_again(project: Project) -> None:
    """Wherever there is a template of this project: have `make` see what is right now."""
    for machine in InstantStart.objects.filter(project=project).values_list("machine", flat=True):
        queue.ask_for_template(project.pk, machine=machine)
