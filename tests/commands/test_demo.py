"""The demo: accounts, levels, three notebooks (their runs are tested where kernels are)."""

import ast
import io

import pytest
from django.contrib.auth import authenticate
from django.core.management import call_command

from apps_runtime.management.commands import demo as command
from apps_runtime.models import PublishedResults, Run, SessionCell
from apps_runtime.services.runs import runs
from projects.levels import Level
from projects.models import Project, User
from projects.notebook.files import ipynb
from projects.notebook.inputs import InputKind
from projects.notebook.reactivity.description import describe
from projects.notebook.reactivity.sources import graph_of
from projects.permissions import level_of, projects_of
from projects.services import demo, projects
from projects.services import versions as version_services


@pytest.fixture
def played(monkeypatch):
    """Runs end well at once, or with the state that is put in: no kernel is needed to see what the demo does."""
    end = {"state": Run.State.DONE}

    def play_run(*, run_id, worker):
        from django.utils import timezone

        run = runs.claim(run_id=run_id, worker=worker, now=timezone.now())
        if run:
            run.cells.update(state="done")
            runs.finish(run=run, state=end["state"], why="No kernel.")

    monkeypatch.setattr(command.run_playing, "play_run", play_run)
    return end


def make():
    said = io.StringIO()
    call_command("demo", stdout=said, stderr=said)
    return said.getvalue()


def test_everybody_has_the_level_their_name_stands_for(db, played):
    make()
    people = {person.username: person for person in User.objects.all()}
    for project in Project.objects.all():
        levels = {name: level_of(person, project) for name, person in people.items()}
        assert levels == {
            "alice": Level.FULL_ACCESS,
            "bob": Level.CAN_EDIT,
            "carol": Level.CAN_VIEW,
            "dave": Level.APP_ONLY,
            "mallory": None,
        }
    assert not projects_of(people["mallory"]).exists()
    assert not people["mallory"].workspaces.exists()
    assert authenticate(username="carol", password="hexlite-demo") == people["carol"]
    assert people["carol"].get_full_name() == "Carol"


def test_three_apps_are_published_with_results(db, played):
    make()
    assert [project.title for project in demo.made_projects()] == [
        "Gapminder atlas",
        "Palmer penguins",
        "Seattle weather",
    ]
    assert PublishedResults.objects.count() == 3


def test_their_notebooks_show_the_results_too(db, played):
    make()
    shown = SessionCell.objects.filter(session__draft__project__in=demo.made_projects())
    assert shown.exists() and {cell.state for cell in shown} == {"done"}


def test_doing_it_again_changes_nothing(db, played):
    make()
    before = set(Project.objects.values_list("pk", flat=True)), Run.objects.count(), User.objects.count()
    make()
    assert before == (set(Project.objects.values_list("pk", flat=True)), Run.objects.count(), User.objects.count())


def test_what_somebody_took_away_does_not_come_back(db, played):
    make()
    deleted, trashed, taken_down = demo.made_projects()
    alice = User.objects.get(username="alice")
    projects.delete_for_good(project=deleted)
    projects.trash(project=trashed, by=alice)
    version_services.delete_app(project=taken_down, by=alice)
    make()
    assert [project.title for project in demo.made_projects()] == [taken_down.title]
    assert not hasattr(demo.made_projects()[0], "publication")


def test_an_app_that_fails_is_named_and_tried_again_next_time(db, played):
    played["state"] = Run.State.FAILED
    assert "“Gapminder atlas” is not published" in make()
    assert not PublishedResults.objects.exists()
    played["state"] = Run.State.DONE
    assert make() == ""
    assert PublishedResults.objects.count() == 3


def test_an_account_that_has_the_name_already_keeps_its_password(db, played):
    User.objects.create_user("alice", password="her own one")
    make()
    assert authenticate(username="alice", password="her own one")


# ---- The notebooks


@pytest.fixture(params=demo.FILES)
def notebook(request):
    return ipynb.read((demo.NOTEBOOKS / request.param).read_bytes(), request.param).notebook


def test_a_demo_app_has_what_one_shows_to_a_customer(notebook):
    assert notebook.cells[0].source.startswith("# ")
    assert notebook.settings.title
    assert notebook.settings.description
    assert notebook.settings.hide_code
    assert 2 <= len(notebook.inputs) <= 4
    assert all(spec.label for spec in notebook.inputs)
    assert any(len(row) == 2 for row in notebook.settings.layout)


def test_a_demo_notebook_is_kept_without_outputs(notebook):
    for name in demo.FILES:
        file = ipynb.read((demo.NOTEBOOKS / name).read_bytes(), name)
        assert not file.outputs
        assert not file.execution_counts


def test_a_demo_notebook_is_written_as_it_was_read(notebook):
    assert ipynb.read(ipynb.write(notebook).encode()).notebook == notebook


def test_no_cell_of_the_demo_is_opaque_and_helpers_run_for_no_input(notebook):
    graph = graph_of(notebook)
    assert not [cell["id"] for cell in describe(graph)["cells"] if cell["opaque"]]
    for spec in notebook.inputs:
        plan = describe(graph, [spec.name])["plan"]
        assert plan
        assert not {"words", "data"} & set(plan)


def test_the_demo_needs_no_network(notebook):
    names = {
        alias.name
        for cell in notebook.cells
        if cell.kind.runs
        for node in ast.walk(ast.parse(cell.source))
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert not names & {"requests", "urllib", "urllib.request", "http.client"}
    assert "http" not in "".join(cell.source for cell in notebook.cells)


def test_the_demo_shows_the_kinds_of_inputs_there_are():
    kinds = {
        spec.kind
        for name in demo.FILES
        for spec in ipynb.read((demo.NOTEBOOKS / name).read_bytes(), name).notebook.inputs
    }
    assert kinds == {InputKind.SLIDER, InputKind.NUMBER, InputKind.TEXT, InputKind.CHECKBOX, InputKind.DROPDOWN}
