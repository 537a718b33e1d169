"""Who gets a file from the app's address, and as what (specs/permissions, notes 4; specs/security T14)."""

import pytest
from django.urls import reverse

from projects.models import Project
from tests.cast import published
from tests.files.folders import put

pytestmark = pytest.mark.django_db

SOURCES = [".env", "clean.py", "old.ipynb", "x.deepnote", ".git/config", "lib/__pycache__/a.csv", "A.PY", "query.sql"]
ACTIVE = ["page.html", "page.htm", "drawing.svg", "feed.xml", "code.js", "paper.pdf", "page.xhtml", "module.mjs", "x"]


@pytest.fixture
def project(cast):
    published(cast)
    for name in ["data.csv", *SOURCES, *ACTIVE]:
        put(cast.project, name)
    return cast.project


def get(client, project, path, name="file"):
    arguments = [project.workspace.slug, project.pk] if name == "file" else [project.pk]
    return client.get(reverse(name, args=arguments), {"path": path})


def body(response) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


@pytest.mark.parametrize("address", ["file", "publish-file"])
def test_everybody_with_the_app_downloads_its_data(client, cast, project, address):
    for person in (cast.alice, cast.bob, cast.carol, cast.dave):
        client.force_login(person)
        response = get(client, project, "data.csv", address)
        assert (response.status_code, body(response)) == (200, b"a,b\n1,2\n")


@pytest.mark.parametrize("path", SOURCES)
def test_dave_is_refused_source_whether_or_not_it_is_there(client, cast, project, path):
    client.force_login(cast.dave)
    there, missing = get(client, project, path), get(client, project, f"no/{path}")
    assert there.status_code == missing.status_code == 403
    client.force_login(cast.carol)
    assert get(client, project, path).status_code == 200


def test_the_list_of_what_is_kept_back_can_be_emptied(client, cast, project, settings):
    settings.HEXLITE_FILE_DENY_FOR_APP = []
    client.force_login(cast.dave)
    assert get(client, project, "clean.py").status_code == 200


def test_mallory_and_strangers_get_nothing_from_a_private_app(client, cast, project):
    client.force_login(cast.mallory)
    there = get(client, project, "data.csv")
    missing = reverse("file", args=[project.workspace.slug, "00000000-0000-4000-8000-000000000000"])
    nowhere = client.get(missing, {"path": "data.csv"})
    assert there.status_code == nowhere.status_code == 404
    assert there.content == nowhere.content
    client.logout()
    assert get(client, project, "data.csv").status_code == 302


@pytest.mark.parametrize("visibility", [Project.Visibility.LINK, Project.Visibility.PUBLIC])
def test_a_stranger_with_the_link_gets_data_and_no_source(client, project, visibility):
    project.visibility = visibility
    project.save()
    assert get(client, project, "data.csv").status_code == 200
    assert get(client, project, "clean.py").status_code in {302, 403}
    assert get(client, project, "no-such.csv").status_code == 404


def test_an_unpublished_project_has_files_for_readers_of_the_notebook_only(client, cast):
    put(cast.project, "data.csv")
    client.force_login(cast.dave)
    assert get(client, cast.project, "data.csv").status_code == 404
    client.force_login(cast.carol)
    assert get(client, cast.project, "data.csv").status_code == 200


@pytest.mark.parametrize("path", ["data.csv", *ACTIVE])
def test_a_file_is_saved_and_never_runs(client, cast, project, path):
    client.force_login(cast.alice)
    response = get(client, project, path)
    headers = response.headers
    assert headers["Content-Disposition"].startswith("attachment")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in headers["Content-Security-Policy"]
    assert "allow-" not in headers["Content-Security-Policy"]
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "no-store" in headers["Cache-Control"]
    assert headers["Content-Type"] == ("text/csv" if path == "data.csv" else "application/octet-stream")
    body(response)


def test_a_name_can_not_break_out_of_its_header(client, cast, project):
    name = 'a"; filename=evil.html; x="é.csv'
    put(project, name)
    client.force_login(cast.alice)
    disposition = get(client, project, name).headers["Content-Disposition"]
    assert "filename=evil" not in disposition.replace('\\"; filename=evil', "")
    assert "\n" not in disposition


def test_downloads_are_in_the_audit_trail_once_a_visit(client, cast, project):
    client.force_login(cast.dave)
    for _ in range(3):
        body(get(client, project, "data.csv"))
    [event] = project.audit_events.filter(action="downloaded")
    assert (event.by, event.detail) == (cast.dave, {"path": "data.csv"})


async def test_under_asgi_a_large_file_comes_in_pieces(transactional_db, cast_in_thread):
    cast, project = cast_in_thread
    content = b"x" * 3_000_000
    put(project, "large.csv", content)
    from django.test import AsyncClient

    client = AsyncClient()
    await client.aforce_login(cast.alice)
    response = await client.get(reverse("file", args=[project.workspace.slug, project.pk]), {"path": "large.csv"})
    sizes = [len(piece) async for piece in response]
    assert sum(sizes) == len(content) and max(sizes) <= 2**18
    response.close()
    assert response.file.closed


@pytest.fixture
def cast_in_thread(transactional_db):
    from tests.cast import make_cast

    cast = make_cast()
    return cast, cast.project
