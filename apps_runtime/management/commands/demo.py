"""`manage.py demo`: demo accounts and three published apps. Does nothing that is done already."""

from django.core.management.base import BaseCommand

from apps_runtime.models import Run
from apps_runtime.playing import run_playing
from apps_runtime.services.publishing import publishing
from apps_runtime.services.runs import waiting
from apps_runtime.services.sessions import sessions
from projects.models import Project
from projects.services import demo


class Command(BaseCommand):
    help = "Makes the demo: accounts (password hexlite-demo), a workspace, and three published apps on real data."

    def handle(self, **options) -> None:
        demo.make()
        unpublished = [project for project in demo.made_projects() if _was_never_published(project)]
        # All are queued before the first is waited for: workers play them side by side.
        runs = [publishing.preview(draft=project.app_draft, by=project.created_by) for project in unpublished]
        for project, run in zip(unpublished, runs, strict=True):
            run_playing.play_run(run_id=str(run.pk), worker="demo")  # Where no worker took it, this process plays it.
            waiting.until_finished(run)
            self._publish(project, run)

    def _publish(self, project: Project, run: Run) -> None:
        if run.state != Run.State.DONE:
            failed = run.cells.filter(state="failed").first()
            why = failed.error_line if failed else run.why or run.get_state_display()
            self.stderr.write(f"The demo app “{project.title}” is not published: {why}")
            return
        publishing.publish(version=run.version, by=project.created_by, checked=False)
        # Whoever opens the notebook or the App view first sees results, not empty frames.
        sessions.of_draft(draft=project.app_draft, shown={cell.cell_id: cell for cell in run.cells.all()})


def _was_never_published(project: Project) -> bool:
    """An app that somebody took down stays down."""
    if hasattr(project, "publication"):
        return False
    return not project.audit_events.filter(action="published").exists()
