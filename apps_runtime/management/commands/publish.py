"""`manage.py publish PROJECT_ID`: run the draft and publish it, as the dialogue does."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from apps_runtime.models import Run, RunCell
from apps_runtime.playing import run_playing
from apps_runtime.services.publishing import publishing
from apps_runtime.services.runs import waiting
from projects.models import Project, User


class Command(BaseCommand):
    help = "Runs a project's draft with a new kernel and publishes it. Exit code 1 if a cell fails (without --now)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project_id")
        parser.add_argument("--now", action="store_true", help="publish without waiting for the run")
        parser.add_argument("--by", help="who publishes; the project's creator if not given")

    def handle(self, *args: Any, project_id: str, now: bool, by: str | None, **options: Any) -> None:
        project = _project(project_id)
        person = _person(by) if by else project.created_by
        run = publishing.preview(draft=project.app_draft, by=person)
        if now:
            publication = publishing.publish(version=run.version, by=person, checked=False)
            self.stdout.write(f"Published {publication.version}; its run goes on.")
            return
        run_playing.play_run(run_id=str(run.pk), worker="command")
        waiting.until_finished(run)
        if run.state != Run.State.DONE:
            failed = run.cells.filter(state="failed").first()
            where = f" in cell {failed.cell_id} (number {_number(failed)})" if failed else ""
            raise CommandError(f"{run}{where}: {run.why or run.get_state_display()}. Nothing was published.")
        publication = publishing.publish(version=run.version, by=person, checked=False)
        self.stdout.write(f"Published {publication.version} of “{project.title}”.")


def _project(project_id: str) -> Project:
    try:
        project = Project.objects.kept().filter(pk=project_id).select_related("created_by").first()
    except ValidationError:
        project = None
    if project is None:
        raise CommandError(f"There is no project {project_id}.")
    return project


def _number(cell: RunCell) -> int:
    """As pages count: the cells that run."""
    return cell.run.cells.filter(position__lte=cell.position).count()


def _person(name: str) -> User:
    person = User.objects.filter(username=name, is_active=True).first()
    if person is None:
        raise CommandError(f"There is no account called {name}.")
    return person
