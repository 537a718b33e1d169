"""import_notebook, export_notebook, check_inputs, graph, share (DESIGN, section 6)."""

import io
import json

import nbformat
import pytest
from django.core.management import CommandError, call_command

from projects.levels import Level
from projects.models import Membership, Project, Workspace
from projects.notebook.inputs import InputSpec, source
from projects.permissions import level_of
from projects.services import projects
from projects.services.demo import NOTEBOOKS
from tests import every_kind

SLIDER = {"kind": "slider", "name": "n", "label": "Days", "default": 20, "min": 1, "max": 100, "step": 1, "help": ""}
DAY = {"kind": "date", "name": "day", "label": "From", "default": "7 days ago", "help": ""}
MOMENT = {"kind": "datetime", "name": "at", "label": "At", "default": "2021-07-13 13:45:22 America/Chicago", "help": ""}


def cell(identity, source, outputs=(), count=None, **metadata):
    return {
        "cell_type": "code", "id": identity, "metadata": metadata, "source": source, "outputs": list(outputs),
        "execution_count": count,
    }  # fmt: skip


@pytest.fixture
def file(tmp_path):
    """A notebook with three inputs, and one cell that ran."""
    shown = [{"output_type": "stream", "name": "stdout", "text": "[0, 1]\n"}]
    cells = [
        *(
            cell(spec["name"], source(InputSpec.from_json(spec)), hexlite={"input": spec})
            for spec in (SLIDER, DAY, MOMENT)
        ),
        cell("squares", "squares = [k * k for k in range(n)]\nprint(squares)", shown, 4, tags=["kept"]),
        cell("other", "words = 'untouched'"),
        cell("sum", "sum(squares)"),
    ]
    path = tmp_path / "squares.ipynb"
    path.write_text(
        json.dumps({"cells": cells, "metadata": {"authors": [{"name": "A"}]}, "nbformat": 4, "nbformat_minor": 5})
    )
    return path


def run(*arguments):
    out = io.StringIO()
    call_command(*map(str, arguments), stdout=out)
    return out.getvalue()


# ---- import_notebook, export_notebook


def test_the_last_line_of_an_import_is_the_projects_id(cast, file):
    lines = run("import_notebook", file, "--owner", "alice").splitlines()
    project = Project.objects.get(pk=lines[-1])
    assert project.title == "Squares"
    assert project.workspace == cast.workspace
    assert level_of(cast.alice, project) is Level.FULL_ACCESS


def test_a_workspace_can_be_named(cast, file):
    notes = Workspace.objects.create(slug="field-notes", name="Field notes")
    identity = run("import_notebook", file, "--owner", "alice", "--workspace", "field-notes").splitlines()[-1]
    assert Project.objects.get(pk=identity).workspace == notes


def test_what_was_imported_is_exported_with_outputs_and_everything_unknown(cast, file):
    identity = run("import_notebook", file, "--owner", "alice").splitlines()[-1]
    exported = json.loads(run("export_notebook", identity))
    nbformat.validate(exported)
    before = json.loads(file.read_text())
    assert exported["metadata"]["authors"] == before["metadata"]["authors"]
    assert [each["id"] for each in exported["cells"]] == [each["id"] for each in before["cells"]]
    squares = exported["cells"][3]
    assert "".join(squares["outputs"][0]["text"]) == "[0, 1]\n"
    assert squares["execution_count"] == 4
    assert squares["metadata"]["tags"] == ["kept"]
    assert exported["cells"][0]["metadata"]["hexlite"]["input"]["name"] == "n"


def test_an_export_imported_again_is_the_same_notebook(cast, file, tmp_path):
    first = run("export_notebook", run("import_notebook", file, "--owner", "alice").splitlines()[-1])
    again = tmp_path / "squares.again.ipynb"
    again.write_text(first)
    assert run("export_notebook", run("import_notebook", again, "--owner", "bob").splitlines()[-1]) == first


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["missing.ipynb", "--owner", "alice"], "missing.ipynb can't be read: No such file"),
        ([NOTEBOOKS, "--owner", "alice"], "can't be read"),
        ([__file__, "--owner", "alice"], "is no notebook file"),
        ([NOTEBOOKS / "seattle-weather.ipynb", "--owner", "nobody"], "no account “nobody”"),
        ([NOTEBOOKS / "seattle-weather.ipynb", "--owner", "alice", "--workspace", "x"], "no workspace “x”"),
    ],
)
def test_an_import_that_fails_says_why(cast, arguments, says):
    with pytest.raises(CommandError, match=says):
        run("import_notebook", *arguments)
    assert Project.objects.count() == 1


@pytest.mark.parametrize("identity", ["", "7", "00000000-0000-4000-8000-000000000000"])
def test_there_is_nothing_to_export(db, identity):
    with pytest.raises(CommandError, match="There is no project"):
        run("export_notebook", identity)


# ---- check_inputs


def test_every_input_has_a_value_and_every_refusal_a_reason(file):
    query = '?_n=500&_day="2021-07-13"&_at="2021-07-13 13:45:22 Europe/Berlin"&_x=1'
    answer = json.loads(run("check_inputs", file, query))
    assert answer["values"] == {"n": 20, "day": "2021-07-13", "at": "2021-07-13T13:45:22+02:00"}
    assert list(answer["ignored"]) == ["n"]
    assert "from 1 to 100" in answer["ignored"]["n"]


def test_relative_dates_count_from_the_moment_given(file):
    answer = json.loads(run("check_inputs", file, "", "--now", "2026-11-21T06:00:00+01:00"))
    assert answer["values"]["day"] == "2026-11-14"
    assert answer["values"]["at"] == "2021-07-13T13:45:22-05:00"
    assert answer["ignored"] == {}


def test_a_moment_that_is_none_is_refused(file):
    with pytest.raises(CommandError, match="is no moment"):
        run("check_inputs", file, "", "--now", "yesterday")


def test_a_value_that_only_a_run_can_judge_is_held(tmp_path):
    file = str(every_kind.write(tmp_path))
    answer = json.loads(run("check_inputs", file, '_fruit="plum"&_days=5'))
    assert answer["held"] == {"fruit": "plum"} and answer["values"]["fruit"] == "apple"
    assert answer["values"]["days"] == 5 and answer["ignored"] == {}


# ---- graph


def test_the_graph_says_what_cells_read_and_write(file):
    answer = json.loads(run("graph", file))
    cells = {each["id"]: each for each in answer["cells"]}
    assert cells["squares"] == {"id": "squares", "reads": ["n"], "writes": ["k", "squares"], "opaque": False} or cells[
        "squares"
    ] == {"id": "squares", "reads": ["n"], "writes": ["squares"], "opaque": False}
    assert {"from": "squares", "to": "sum", "names": ["squares"]} in answer["edges"]
    assert "plan" not in answer


def test_the_plan_is_what_a_changed_input_runs(file):
    assert json.loads(run("graph", file, "--changed", "n"))["plan"] == ["squares", "sum"]
    assert json.loads(run("graph", file, "--changed", "n", "--changed", "day"))["plan"] == ["squares", "sum"]


def test_an_input_that_does_not_exist_is_named(file):
    with pytest.raises(CommandError, match="no input “m”"):
        run("graph", file, "--changed", "m")


@pytest.mark.parametrize("name", ["check_inputs", "graph"])
def test_they_need_no_database(name, file):
    arguments = [name, file, *([""] if name == "check_inputs" else [])]
    assert json.loads(run(*arguments))


# ---- share


def test_alice_is_given_a_colleague(cast):
    said = run("share", cast.project.pk, "--user", "mallory", "--level", "App Only")
    assert level_of(cast.mallory, cast.project) is Level.APP_ONLY
    assert said.strip() == "Mallory has App Only on “Squares”."


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--user", "nobody", "--level", "App Only"], "no account “nobody”"),
        (["--user", "bob", "--level", "Owner"], "no level called “Owner”"),
        (["--user", "alice", "--level", "Can Edit"], "only one with Full Access"),
    ],
)
def test_sharing_that_can_not_be_says_why(cast, arguments, says):
    with pytest.raises(CommandError, match=says):
        run("share", cast.project.pk, *arguments)


def test_a_project_in_the_trash_is_not_shared(cast):
    projects.trash(project=cast.project, by=cast.alice)
    with pytest.raises(CommandError, match="no project"):
        run("share", cast.project.pk, "--user", "bob", "--level", "Can View")
    with pytest.raises(CommandError, match="no project"):
        run("share", "not-an-id", "--user", "bob", "--level", "Can View")


def test_an_owner_without_a_workspace_gets_one(cast, file):
    Membership.objects.filter(user=cast.carol).delete()
    identity = run("import_notebook", file, "--owner", "carol").splitlines()[-1]
    assert Project.objects.get(pk=identity).workspace.slug == "carol"
