"""The fixed cast: alice owns, bob edits, carol views, dave has the app only, mallory is a stranger to the project.

A test is a sentence about one of them.
"""

from dataclasses import dataclass, replace
from types import SimpleNamespace

from django.contrib.auth.models import Permission
from django.utils import timezone

from projects.levels import Level
from projects.models import Membership, Project, ProjectUserGrant, ProvedAddress, User, Workspace
from projects.notebook.cells import Cell, CellKind
from projects.notebook.document import Notebook
from projects.notebook.inputs import InputKind, InputSpec
from projects.services import drafts

PASSWORD = "hexlite-demo"
LEVELS = {
    "alice": Level.FULL_ACCESS,
    "bob": Level.CAN_EDIT,
    "carol": Level.CAN_VIEW,
    "dave": Level.APP_ONLY,
    "mallory": None,
}


@dataclass(frozen=True)
class Cast:
    """People by name, and the project they share: one slider `n`, one cell that reads it, one that does not."""

    alice: User
    bob: User
    carol: User
    dave: User
    mallory: User
    workspace: Workspace
    project: Project

    @property
    def draft(self):
        return self.project.drafts.get()

    @property
    def people(self) -> dict[str, User]:
        return {name: getattr(self, name) for name in LEVELS}


def make_cast(notebook: Notebook | None = None) -> Cast:
    workspace = Workspace.objects.create(slug="harbour-lab", name="Harbour Lab")
    people = {}
    for name in LEVELS:
        person = User.objects.create_user(name, f"{name}@example.org", PASSWORD, first_name=name.capitalize())
        ProvedAddress.objects.create(person=person, address=person.email, way=ProvedAddress.Way.MAIL)
        people[name] = person
        if name != "mallory":
            Membership.objects.create(workspace=workspace, user=person)
    project = make_project(workspace, people["alice"], notebook=notebook)
    for name, level in LEVELS.items():
        if level:
            give(people[name], project, level)
    return Cast(**people, workspace=workspace, project=project)


def make_project(
    workspace: Workspace, by: User, *, title: str = "Squares", notebook: Notebook | None = None
) -> Project:
    project = Project.objects.create(workspace=workspace, title=title, created_by=by)
    drafts.create(project=project, title=title, notebook=notebook or small_notebook(), by=by)
    give(by, project, Level.FULL_ACCESS)
    return project


def give(person: User, project: Project, level: Level) -> None:
    """A grant in the tables, as the sharing layer writes it."""
    for other in Level.grantable():
        if level.includes(other):
            permission = Permission.objects.get(content_type__app_label="projects", codename=other.permission)
            ProjectUserGrant.objects.get_or_create(user=person, permission=permission, content_object=project)


def small_notebook() -> Notebook:
    slider = InputSpec(kind=InputKind.SLIDER, name="n", label="Count", default=4, minimum=1, maximum=50, step=1)
    cells = (
        replace(Cell.new(CellKind.MARKDOWN, "# Squares\n\nThe first squares."), id="head"),
        replace(Cell.new_input(slider), id="count"),
        replace(Cell.new(CellKind.CODE, "words = 'untouched'\nprint(words)"), id="other"),
        replace(Cell.new(CellKind.CODE, "squares = [k * k for k in range(n)]\nprint(squares)"), id="squares"),
    )
    return Notebook(cells)


def published(cast: Cast, *, by: User | None = None, outputs: dict[str, list] | None = None) -> SimpleNamespace:
    """The project's draft, published with the results of a run that went well: `version`, `run`, `publication`."""
    from apps_runtime.models import Run
    from apps_runtime.services.publishing import publishing
    from apps_runtime.services.runs import runs
    from projects.models import Version
    from projects.services import versions

    by = by or cast.alice
    version = versions.save_version(draft=cast.draft, reason=Version.Reason.PUBLISH, by=by)
    run = runs.start(version=version, trigger=Run.Trigger.PREVIEW, by=by)
    run = runs.claim(run_id=str(run.pk), worker="test", now=timezone.now())
    results = outputs or {
        "other": [{"output_type": "stream", "name": "stdout", "text": "untouched\n"}],
        "squares": [{"output_type": "stream", "name": "stdout", "text": "[0, 1, 4, 9]\n"}],
    }
    for row in run.cells.all():
        runs.record(run=run, cells={row.cell_id: {"state": "done", "outputs": results.get(row.cell_id, [])}})
    runs.finish(run=run, state=Run.State.DONE)
    publication = publishing.publish(version=version, by=by, checked=False)
    cast.project.refresh_from_db()
    return SimpleNamespace(version=version, run=run, publication=publication)
