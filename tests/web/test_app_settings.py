"""The app's settings through the client."""

import pytest

pytestmark = pytest.mark.django_db
GIVEN = {"title": "Many squares", "description": "", "outputs": "clean", "apply": "apply", "idle_minutes": "5"}


def address(cast):
    return f"/harbour-lab/project/{cast.project.pk}/settings/"


@pytest.mark.parametrize(("name", "status"), [("bob", 200), ("carol", 403), ("dave", 403), ("mallory", 404)])
def test_only_editors_change_them(cast, client, name, status):
    client.force_login(cast.people[name])
    assert client.get(address(cast)).status_code == status
    assert client.post(address(cast), GIVEN).status_code == status


def test_what_is_saved_is_in_the_notebook_and_counts_as_a_change(cast, client):
    client.force_login(cast.bob)
    before = cast.draft.digest
    client.post(address(cast), {**GIVEN, "hide_code": "on"})
    settings = cast.draft.notebook.settings
    assert (settings.title, settings.outputs, settings.apply, settings.idle_minutes) == (
        "Many squares",
        "clean",
        "apply",
        5,
    )
    assert settings.hide_code and not settings.viewers_run and cast.draft.digest != before


@pytest.mark.parametrize(
    "wrong", [{"idle_minutes": "0"}, {"idle_minutes": "x"}, {"outputs": "moon"}, {"title": "x" * 300}]
)
def test_what_can_not_be_is_refused_and_changes_nothing(cast, client, wrong):
    client.force_login(cast.bob)
    before = cast.draft.digest
    response = client.post(address(cast), {**GIVEN, **wrong})
    assert response.status_code == 400 and 'class="error"' in response.content.decode()
    assert cast.draft.digest == before
