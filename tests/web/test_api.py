"""The API for programs: what a person may do, a token of theirs may do."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps_runtime.kernels import KernelUnavailable
from apps_runtime.models import ApiToken, Run
from apps_runtime.playing import run_playing
from apps_runtime.services.runs import runs
from projects.models import ProjectUserGrant
from projects.services import drafts
from tests.cast import Cast, make_cast, published

pytestmark = pytest.mark.django_db

PROJECTS = "/api/v1/projects"


class Program:
    """A program that acts for a person."""

    def __init__(self, person=None, token: str = "") -> None:
        if person is not None:
            _, token = ApiToken.make(person=person, name="test")
        self.client = Client(headers={"Authorization": f"Bearer {token}"} if token else {})

    def get(self, path: str):
        return self.client.get(path)

    def post(self, path: str, body: object = None):
        return self.client.post(path, json.dumps(body or {}), content_type="application/json")


@pytest.fixture
def cast(db) -> Cast:
    cast = make_cast()
    published(cast)
    return cast


def at(cast: Cast, path: str = "") -> str:
    return f"{PROJECTS}/{cast.project.pk}{path}"


def end(number: int, state=Run.State.DONE) -> Run:
    run = Run.objects.get(number=number)
    run = runs.claim(run_id=str(run.pk), worker="test", now=timezone.now())
    printed = [{"output_type": "stream", "name": "stdout", "text": "[0, 1]\n"}]
    runs.record(run=run, cells={"squares": {"state": "done", "outputs": printed}})
    runs.finish(run=run, state=state)
    return run


def test_without_a_valid_token_nothing_is_said(cast: Cast) -> None:
    for program in (Program(), Program(token="hex_wrong"), Program(token="")):
        for path in (PROJECTS, at(cast), "/api/v1/projects/00000000-0000-0000-0000-000000000000"):
            response = program.get(path)
            assert response.status_code == 401
            assert "Bearer" in response.json()["sentence"]


def test_a_browser_session_is_no_token(cast: Cast, client) -> None:
    client.force_login(cast.alice)
    assert client.get(PROJECTS).status_code == 401


def test_a_token_ends_with_the_account(cast: Cast) -> None:
    program = Program(cast.bob)
    cast.bob.is_active = False
    cast.bob.save()
    assert program.get(PROJECTS).status_code == 401


def test_only_the_digest_is_kept(cast: Cast) -> None:
    token, text = ApiToken.make(person=cast.bob, name="report")
    assert text.startswith("hex_") and text not in json.dumps(ApiToken.objects.values().get(), default=str)
    assert ApiToken.find(text, timezone.now()) == token


@pytest.mark.parametrize(("person", "count"), [("alice", 1), ("carol", 1), ("dave", 1), ("mallory", 0)])
def test_a_person_s_projects_are_listed(cast: Cast, person: str, count: int) -> None:
    found = Program(cast.people[person]).get(PROJECTS).json()
    assert found["count"] == count
    if count:
        assert found["items"][0]["title"] == "Squares"
        assert found["items"][0]["published_version"] == 1


def test_a_project_says_its_inputs(cast: Cast) -> None:
    [n] = Program(cast.dave).get(at(cast)).json()["inputs"]
    assert (n["name"], n["kind"], n["default"]) == ("n", "slider", 4)
    assert (n["minimum"], n["maximum"], n["step"]) == (1, 50, 1)
    assert Program(cast.mallory).get(at(cast)).status_code == 404


def test_dave_runs_the_app_and_fetches_what_it_made(cast: Cast) -> None:
    program = Program(cast.dave)
    started = program.post(at(cast, "/runs"), {"inputs": {"n": 2}})
    assert started.status_code == 202
    run = started.json()
    assert (run["state"], run["inputs"], run["ignored"], run["trigger"]) == ("queued", {"n": 2}, {}, "api")
    end(run["number"])
    assert program.get(at(cast, f"/runs/{run['number']}")).json()["state"] == "done"
    outputs = program.get(at(cast, f"/runs/{run['number']}/outputs")).json()
    assert {"output_type": "stream", "name": "stdout", "text": "[0, 1]\n"} in outputs[-1]["outputs"]


def test_values_that_are_not_allowed_are_ignored_and_reported(cast: Cast) -> None:
    run = Program(cast.dave).post(at(cast, "/runs"), {"inputs": {"n": 400, "m": 1}}).json()
    assert run["inputs"] == {"n": 4}
    assert set(run["ignored"]) == {"n", "m"}


def test_what_is_no_request_is_a_sentence(cast: Cast) -> None:
    response = Program(cast.dave).post(at(cast, "/runs"), {"inputs": [1]})
    assert response.status_code == 422 and "inputs" in response.json()["sentence"]


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ('{"inputs": ', 400, "send a JSON object"),
        ("[1]", 422, "JSON object"),
        ('"n"', 422, "JSON object"),
        ('{"input": {"n": 2}}', 422, "input: there is no such field"),
        ('{"inputs": {"n": 2}, "more": 1}', 422, "more: there is no such field"),
    ],
)
def test_a_body_that_means_nothing_starts_nothing(cast: Cast, body: str, status: int, words: str) -> None:
    answer = Program(cast.dave).client.post(at(cast, "/runs"), body, content_type="application/json")
    assert answer.status_code == status and words in answer.json()["sentence"]
    assert not Run.objects.filter(trigger=Run.Trigger.API).exists()


def test_without_a_body_every_input_has_its_default(cast: Cast) -> None:
    answer = Program(cast.dave).client.generic("POST", at(cast, "/runs"))
    assert answer.status_code == 202 and answer.json()["inputs"] == {"n": 4}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("get", "/nothing", 404), ("get", "/xyz", 404), ("delete", "", 405), ("get", "/runs", 405), ("post", "/", 404)],
)
def test_every_refusal_is_a_sentence_in_json(cast: Cast, method: str, path: str, status: int) -> None:
    answer = getattr(Program(cast.alice).client, method)(at(cast, path))
    assert answer.status_code == status and "/api/v1/docs" in answer.json()["sentence"]
    assert ("Allow" in answer.headers) is (status == 405)


@pytest.mark.parametrize(("person", "status"), [("bob", 202), ("carol", 202), ("dave", 202), ("mallory", 404)])
def test_starting_asks_the_same_permission_as_the_app(cast: Cast, person: str, status: int) -> None:
    assert Program(cast.people[person]).post(at(cast, "/runs")).status_code == status


def test_dave_reads_his_own_runs_only(cast: Cast) -> None:
    number = Program(cast.carol).post(at(cast, "/runs")).json()["number"]
    for path in ("", "/outputs"):
        assert Program(cast.carol).get(at(cast, f"/runs/{number}{path}")).status_code == 200
        assert Program(cast.bob).get(at(cast, f"/runs/{number}{path}")).status_code == 200
        assert Program(cast.dave).get(at(cast, f"/runs/{number}{path}")).status_code == 403
        assert Program(cast.mallory).get(at(cast, f"/runs/{number}{path}")).status_code == 404
        assert Program(cast.dave).get(at(cast, f"/runs/99{path}")).status_code == 403  # he can't tell which exist
        assert Program(cast.carol).get(at(cast, f"/runs/99{path}")).status_code == 404


def test_dave_is_not_told_the_error(cast: Cast) -> None:
    program = Program(cast.dave)
    number = program.post(at(cast, "/runs")).json()["number"]
    run = Run.objects.get(number=number)
    run = runs.claim(run_id=str(run.pk), worker="test", now=timezone.now())
    error = {"output_type": "error", "ename": "KeyError", "evalue": "'secret'", "traceback": ["secret"]}
    runs.record(run=run, cells={"squares": {"state": "failed", "outputs": [error], "error_line": "KeyError: secret"}})
    runs.finish(run=run, state=Run.State.FAILED)
    for path in ("", "/outputs"):
        assert "secret" not in program.get(at(cast, f"/runs/{number}{path}")).content.decode()
        assert "secret" in Program(cast.carol).get(at(cast, f"/runs/{number}{path}")).content.decode()
    assert program.get(at(cast, f"/runs/{number}")).json()["failed_cell"] == 3


@pytest.mark.parametrize(("taken_away", "state"), [(False, Run.State.FAILED), (True, Run.State.DENIED)])
def test_the_worker_asks_again_whether_dave_may_run_the_app(
    cast: Cast, monkeypatch, taken_away: bool, state: str
) -> None:
    number = Program(cast.dave).post(at(cast, "/runs")).json()["number"]

    def no_room(*arguments, **options):
        raise KernelUnavailable("No room for another kernel.")

    monkeypatch.setattr(run_playing, "start_kernel", no_room)
    if taken_away:
        ProjectUserGrant.objects.filter(user=cast.dave).delete()
    run = run_playing.play_run(run_id=str(Run.objects.get(number=number).pk), worker="test")
    assert run.state == state, run.why


def test_runs_of_programs_never_become_the_published_results(cast: Cast) -> None:
    number = Program(cast.bob).post(at(cast, "/runs")).json()["number"]
    end(number)
    assert cast.project.publication.results.run.number != number


def test_cancelling_one_s_own(cast: Cast) -> None:
    number = Program(cast.dave).post(at(cast, "/runs")).json()["number"]
    assert Program(cast.carol).post(at(cast, f"/runs/{number}/cancel")).status_code == 403
    assert Program(cast.dave).post(at(cast, f"/runs/{number}/cancel")).json()["state"] == "cancelled"


def test_thirty_starts_a_minute(cast: Cast) -> None:
    program, other = Program(cast.dave), Program(cast.carol)
    Run.objects.bulk_create(
        Run(
            project=cast.project,
            number=100 + number,
            version=cast.project.publication.version,
            trigger=Run.Trigger.API,
            by=cast.dave,
            enqueued_at=timezone.now(),
        )
        for number in range(29)
    )
    assert program.post(at(cast, "/runs")).status_code == 202
    refused = program.post(at(cast, "/runs"))
    assert refused.status_code == 429 and "30 runs a minute" in refused.json()["sentence"]
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert other.post(at(cast, "/runs")).status_code == 202


def test_bob_tries_the_draft_and_publishes_it(cast: Cast) -> None:
    program = Program(cast.bob)
    base = drafts.source_digest(cast.draft.notebook.cell("other").source)
    drafts.write_source(draft=cast.draft, cell_id="other", source="print('new')", base=base, by=cast.bob)
    number = program.post(at(cast, "/previews")).json()["number"]
    body = {"run": number, "replaces": 1}
    assert program.post(at(cast, "/publish"), body).status_code == 409  # it goes on
    end(number)
    assert Program(cast.carol).post(at(cast, "/publish"), body).status_code == 403
    assert program.post(at(cast, "/publish"), {"run": number, "replaces": None}).status_code == 409
    answer = program.post(at(cast, "/publish"), body)
    assert answer.status_code == 200, answer.content
    assert answer.json()["app"].endswith(cast.project.app_url)
    assert Program(cast.dave).get(at(cast)).json()["published_version"] == answer.json()["version"] == 2


def test_the_api_describes_itself(cast: Cast) -> None:
    spec = Program(cast.dave).get("/api/v1/openapi.json").json()
    start = spec["paths"]["/api/v1/projects/{project_id}/runs"]["post"]
    assert {"202", "400", "401", "403", "404", "409", "422", "429", "503"} == set(start["responses"])
    assert start["security"] == [{"Token": []}]
    page = Program(cast.dave).get("/api/v1/docs").content.decode()
    assert "https://" not in page  # nothing from other hosts


def test_a_token_is_shown_once_and_deleted(cast: Cast, client) -> None:
    client.force_login(cast.bob)
    page = client.post(reverse("tokens"), {"name": "report"}).content.decode()
    text = page.split('<code class="token">')[1].split("<")[0]
    program = Program(token=text)
    assert program.get(PROJECTS).status_code == 200
    assert text not in client.get(reverse("tokens")).content.decode()
    token = cast.bob.api_tokens.get()
    client.force_login(cast.carol)
    assert client.post(reverse("token-delete", args=[token.pk])).status_code == 404
    client.force_login(cast.bob)
    client.post(reverse("token-delete", args=[token.pk]))
    assert program.get(PROJECTS).status_code == 401


def test_a_token_without_a_name_is_refused(cast: Cast, client) -> None:
    client.force_login(cast.bob)
    assert client.post(reverse("tokens"), {"name": " "}).status_code == 400


def test_the_command_prints_a_token(cast: Cast) -> None:
    out = StringIO()
    call_command("create_token", "bob", stdout=out)
    assert Program(token=out.getvalue().strip()).get(PROJECTS).status_code == 200
    with pytest.raises(CommandError, match="no active account"):
        call_command("create_token", "nobody")
