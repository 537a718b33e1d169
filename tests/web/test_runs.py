"""The run log and a run's own page, as each of the cast meets them."""

import json
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from io import BytesIO

import nbformat
import pytest
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from apps_runtime.models import DueTime, PublishedResults, Run, RunCell
from apps_runtime.schedules.recurrence import Every, Recurrence
from apps_runtime.services.runs import runs
from apps_runtime.services.schedules import schedules
from projects.models import Version
from projects.notebook.cells import Cell, CellKind
from projects.notebook.document import Notebook, Show
from projects.services import drafts, versions
from tests.cast import Cast, make_cast, published
from tests.markup import flat, tight

pytestmark = pytest.mark.django_db

KEY_ERROR = {
    "output_type": "error",
    "ename": "KeyError",
    "evalue": "'station'",
    "traceback": ["KeyError: 'station'"],
}


@pytest.fixture
def cast(db) -> Cast:
    return make_cast()


@pytest.fixture
def first(cast: Cast) -> Run:
    return published(cast).run


def address(cast: Cast, name: str = "runs", *more: object) -> str:
    return reverse(name, args=[cast.workspace.slug, cast.project.pk, *more])


def failing(cast: Cast, by, **start) -> Run:
    """A run whose last cell failed."""
    run = runs.start(version=cast.project.versions.first(), trigger=Run.Trigger.MANUAL, by=by, **start)
    run = runs.claim(run_id=str(run.pk), worker="test", now=timezone.now())
    runs.record(run=run, cells={"other": {"state": "done", "outputs": [], "seconds": 0.2}})
    broken = {"state": "failed", "outputs": [KEY_ERROR], "error_line": "KeyError: 'station'", "error_id": "E-1234-56"}
    runs.record(run=run, cells={"squares": broken})
    runs.finish(run=run, state=Run.State.FAILED)
    return run


def read(client, where: str, **query: str) -> str:
    response = client.get(where, query)
    assert response.status_code == 200
    return flat(response.content.decode())


@pytest.mark.parametrize(
    ("person", "status"), [("alice", 200), ("bob", 200), ("carol", 200), ("dave", 403), ("mallory", 404)]
)
def test_every_level_gets_its_answer(cast: Cast, first: Run, client, person: str, status: int) -> None:
    client.force_login(cast.people[person])
    assert client.get(address(cast)).status_code == status
    assert client.get(address(cast, "run", first.number)).status_code == status
    assert client.get(address(cast, "run-notebook", first.number)).status_code == status


@pytest.mark.parametrize("name", ["run-cancel", "run-again", "run-restore"])
@pytest.mark.parametrize(("person", "status"), [("bob", 302), ("carol", 403), ("dave", 403), ("mallory", 404)])
def test_acting_on_runs_takes_can_edit(cast: Cast, first: Run, client, name: str, person: str, status: int) -> None:
    client.force_login(cast.people[person])
    assert client.post(address(cast, name, first.number)).status_code == status


def test_the_log_says_who_what_and_how_it_ended(cast: Cast, first: Run, client) -> None:
    failing(cast, cast.bob, values={"n": 12})
    client.force_login(cast.carol)
    html = read(client, address(cast))
    assert "Preview, Alice" in html and "Bob, by hand" in html
    assert "Succeeded" in html and "shown in the app" in html
    assert "Cell 3 failed" in html and "KeyError: &#x27;station&#x27;" in html
    assert "Count 12" in html and "Defaults" in html
    assert "Cancel</button>" not in tight(html)


def test_the_log_is_filtered_and_searched(cast: Cast, first: Run, client) -> None:
    failing(cast, cast.bob, values={"n": 12})
    client.force_login(cast.carol)
    for query, shown in [
        ({"trigger": "preview"}, {1}),
        ({"trigger": "manual"}, {2}),
        ({"result": "failed"}, {2}),
        ({"result": "succeeded"}, {1}),
        ({"result": "running"}, set()),
        ({"q": "bob"}, {2}),
        ({"q": "station"}, {2}),
        ({"q": "#1"}, {1, 2}),  # version 1 too
        ({"q": "#2"}, {2}),
        ({"q": "nobody"}, set()),
        ({"trigger": "nonsense", "result": "nonsense"}, {1, 2}),
    ]:
        html = read(client, address(cast), **query)
        assert {number for number in (1, 2) if f'id="run-{number}"' in html} == shown, query


def test_due_times_that_started_nothing_are_in_the_log(cast: Cast, first: Run, client) -> None:
    schedule = schedules.create(
        project=cast.project, recurrence=Recurrence(Every.DAY, at=time(6)), time_zone="UTC", by=cast.bob
    )
    DueTime.objects.create(
        schedule=schedule, at=datetime(2026, 11, 1, 6, tzinfo=UTC), outcome="skipped", why="The run before went on."
    )
    client.force_login(cast.carol)
    assert "Skipped" in read(client, address(cast)) and "The run before went on." in read(client, address(cast))
    assert "Skipped" in read(client, address(cast), result="skipped")
    assert "The run before went on." not in read(client, address(cast), result="failed")


def test_the_log_has_pages(cast: Cast, first: Run, client) -> None:
    for _ in range(31):
        runs.start(version=first.version, trigger=Run.Trigger.MANUAL, by=cast.bob)
    client.force_login(cast.carol)
    html = read(client, address(cast))
    assert "1 to 30 of 32" in html and 'id="run-32"' in html and 'id="run-2"' not in html
    assert "31 to 32 of 32" in read(client, address(cast), page="2")


def test_the_log_takes_as_many_queries_however_long_it_is(
    cast: Cast, first: Run, client, django_assert_max_num_queries
) -> None:
    for _ in range(20):
        runs.start(version=first.version, trigger=Run.Trigger.MANUAL, by=cast.bob)
    client.force_login(cast.carol)
    with django_assert_max_num_queries(25):
        client.get(address(cast))


def test_a_run_shows_what_it_executed(cast: Cast, first: Run, client) -> None:
    run = failing(cast, cast.bob, values={"n": 12})
    client.force_login(cast.carol)
    html = read(client, address(cast, "run", run.number))
    assert "No column" in html or "KeyError" in html
    assert "E-1234-56" in html
    assert "1 of 3 cells ran, 1 failed, 1 did not run" in html
    assert "the app still shows the results of" in html
    assert "Run again" not in html  # carol reads
    assert "Count <strong>12</strong>" in html


def test_keys_lead_to_the_runs_beside(cast: Cast, first: Run, client) -> None:
    client.force_login(cast.bob)
    second = runs.again(run=first, by=cast.bob)
    before, after = read(client, address(cast, "run", first.number)), read(client, address(cast, "run", second.number))
    assert 'aria-keyshortcuts="J"' in before and 'aria-keyshortcuts="K"' not in before
    assert 'aria-keyshortcuts="K"' in after and 'aria-keyshortcuts="J"' not in after


def test_a_run_of_another_project_is_not_there(cast: Cast, first: Run, client) -> None:
    client.force_login(cast.alice)
    assert client.get(address(cast, "run", 99)).status_code == 404


def test_a_run_that_goes_on_looks_again(cast: Cast, first: Run, client) -> None:
    run = runs.start(version=first.version, trigger=Run.Trigger.MANUAL, by=cast.bob)
    client.force_login(cast.bob)
    html = read(client, address(cast, "run", run.number))
    assert "data-project" in html and "Cancel run" in html
    assert '<live-part id="run" data-stamp' in read(client, address(cast, "run", first.number))


def test_the_executed_notebook_is_a_jupyter_file_with_its_outputs(cast: Cast, first: Run, client) -> None:
    client.force_login(cast.carol)
    response = client.get(address(cast, "run-notebook", first.number))
    assert "attachment" in response.headers["Content-Disposition"]
    node = nbformat.reads(response.content.decode(), as_version=4)
    nbformat.validate(node)
    outputs = {cell["id"]: cell["outputs"] for cell in json.loads(response.content)["cells"] if "outputs" in cell}
    assert "".join(outputs["squares"][0]["text"]) == "[0, 1, 4, 9]\n"


def test_bob_cancels_a_run_that_waits(cast: Cast, first: Run, client) -> None:
    run = runs.start(version=first.version, trigger=Run.Trigger.MANUAL, by=cast.alice)
    client.force_login(cast.bob)
    client.post(address(cast, "run-cancel", run.number))
    run.refresh_from_db()
    assert run.state == Run.State.CANCELLED and run.why == "Bob stopped it."


def test_running_again_takes_the_same_version_and_inputs(cast: Cast, first: Run, client) -> None:
    run = failing(cast, cast.bob, values={"n": 12})
    client.force_login(cast.alice)
    response = client.post(address(cast, "run-again", run.number))
    again = cast.project.runs.first()
    assert response.headers["Location"] == again.get_absolute_url()
    assert (again.version_id, again.values, again.trigger) == (run.version_id, {"n": 12}, Run.Trigger.MANUAL)
    assert again.by == cast.alice


def test_bob_restores_earlier_results(cast: Cast, first: Run, client) -> None:
    newer = runs.start(version=first.version, trigger=Run.Trigger.MANUAL, by=cast.alice)
    newer = runs.claim(run_id=str(newer.pk), worker="test", now=timezone.now())
    runs.finish(run=newer, state=Run.State.DONE)
    assert PublishedResults.objects.get().run == newer
    client.force_login(cast.bob)
    client.post(address(cast, "run-restore", first.number))
    assert PublishedResults.objects.get().run == first


def test_results_of_other_inputs_or_a_failure_are_not_restored(cast: Cast, first: Run, client) -> None:
    failed = failing(cast, cast.bob)
    client.force_login(cast.bob)
    page = client.post(address(cast, "run-restore", failed.number), follow=True)
    assert "Only a run that succeeded leaves results to show." in page.content.decode()
    assert PublishedResults.objects.get().run == first


def test_a_run_is_saved_as_one_page_that_fetches_and_executes_nothing(cast: Cast, client) -> None:
    file = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(file, "PNG")
    picture = {"image/png": b64encode(file.getvalue()).decode()}
    hostile = {"text/html": "<b>kept</b><script>alert(1)</script><img src=x onerror=alert(1)>"}
    outputs = [{"output_type": "display_data", "metadata": {}, "data": data} for data in (picture, hostile)]
    run = published(cast, outputs={"squares": outputs}).run
    client.force_login(cast.carol)
    response = client.get(address(cast, "run-document", run.number))
    text = response.content.decode()
    assert response.headers["Content-Disposition"].startswith('attachment; filename="Squares run 1.html"')
    assert response.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert 'http-equiv="Content-Security-Policy" content="default-src &#x27;none&#x27;' in text
    assert "data:image/png;base64," in text and "squares = " in text.replace("</span>", "").replace("<span>", "")
    assert "<script" not in text and "onerror" not in text
    body = text.split("</style>")[-1]
    assert "/output/" not in body and 'src="/' not in body


def test_the_page_of_a_run_links_the_app_with_its_inputs(cast: Cast, first: Run, client) -> None:
    client.force_login(cast.carol)
    run = failing(cast, cast.bob, values={"n": 9})
    assert f"{cast.project.app_url}?_n=9" in read(client, address(cast, "run", run.number))


def test_the_page_says_which_kernel_it_was_and_what_the_defaults_were(cast: Cast, first: Run, client) -> None:
    Run.objects.filter(pk=first.pk).update(language="Python 3.12.1", peak_memory=432013312)
    client.force_login(cast.carol)
    html = tight(read(client, address(cast, "run", first.number))).replace("\xa0", " ")
    assert "<dt>Kernel</dt><dd>Python 3.12.1<small>412.0 MB at most</small>" in html
    assert "Defaults<small>Count 4</small>" in html
    assert "<small>Published today by Alice</small>" in html
    assert ">Version 1</a><small>" in html
    versions.name_version(version=first.version, name="The first", by=cast.alice)
    assert ">Version 1</a>The first<small>" in tight(read(client, address(cast, "run", first.number)))


def test_the_version_goes_by_its_number_however_it_was_saved(cast: Cast, client) -> None:
    versions.save_version(draft=cast.draft, reason=Version.Reason.AUTOMATIC, by=cast.alice)
    run = published(cast).run
    client.force_login(cast.carol)
    html = read(client, address(cast, "run", run.number))
    assert ">Version 1</a>" in html and "Saved while editing" not in html


def test_cells_that_show_nothing_in_the_app_are_folded_and_so_are_those_that_did_not_run(cast: Cast, client) -> None:
    def edit(notebook: Notebook) -> Notebook:
        for number in range(5):
            notebook = notebook.insert(replace(Cell.new(CellKind.CODE, f"print({number})"), id=f"more{number}"))
        return notebook.set_show("other", Show(cell=False)).set_show("count", Show(cell=False))

    drafts.change(draft=cast.draft, by=cast.alice, edit=edit)
    published(cast)
    run = failing(cast, cast.bob)
    RunCell.objects.filter(run=run, cell_id="count").update(state="done")
    client.force_login(cast.carol)
    html = read(client, address(cast, "run", run.number))
    assert "Cells 1 and 2, not shown in the app" in html
    assert "5 cells not run: the run ended at cell 3, which failed" in html
    assert html.count('<details class="folded-cells">') == 2
    assert html.index("Cells 1 and 2") < html.index('id="cell-other"') < html.index('id="cell-squares"')
    assert html.count('<span class="gutter">') == 2 and "untouched" in html, "folded, and still there"


def test_nothing_is_folded_while_it_goes_on(cast: Cast, first: Run, client) -> None:
    drafts.change(draft=cast.draft, by=cast.alice, edit=lambda n: n.set_show("other", Show(cell=False)))
    version = versions.save_version(draft=cast.draft, reason=Version.Reason.NAMED, by=cast.alice)
    run = runs.start(version=version, trigger=Run.Trigger.MANUAL, by=cast.bob)
    client.force_login(cast.bob)
    assert "folded-cells" not in read(client, address(cast, "run", run.number))


def test_a_scheduled_run_says_when_it_began_on_both_clocks(cast: Cast, first: Run, client) -> None:
    cast.carol.time_zone = "Europe/London"
    cast.carol.save()
    six = datetime(2026, 11, 20, 14, 0, 3, tzinfo=UTC)
    daily = Recurrence(Every.DAY, at=time(6))
    schedules.create(
        project=cast.project, recurrence=daily, time_zone="America/Los_Angeles", by=cast.bob,
        now=six - timedelta(hours=1),
    )  # fmt: skip
    [run] = schedules.tick(now=six)
    runs.claim(run_id=str(run.pk), worker="test", now=six)
    client.force_login(cast.carol)
    html = tight(read(client, address(cast, "run", run.number)))
    assert ">20 Nov 2026, 06:00:03</time><small>14:00:03 London, yours</small>" in html
