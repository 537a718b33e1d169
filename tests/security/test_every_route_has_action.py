"""Nothing is reachable that the table does not know (specs/security T9)."""

import pytest
from celery import current_app
from django.core.management import get_commands

from apps_runtime.consumers.policy import PolicyConsumer
from apps_runtime.routing import websocket_urlpatterns
from projects.permissions import Action
from projects.services.workspaces import RESERVED
from tests.security.addresses import ours
from tests.security.policy import COMMANDS, ROUTES, SOCKETS, TASKS, Address, Elsewhere

APPS = ("hexlite", "sharing", "apps_runtime", "projects")


def test_every_address_has_a_row():
    assert None not in ours(), "an address without a name can't have a row"
    assert not set(ours()) - set(ROUTES), "say in tests/security/policy.py which action these are"


def test_every_row_is_an_address():
    assert not set(ROUTES) - set(ours())


def test_addresses_of_a_project_are_rows_of_the_matrix():
    """An address below a project is somebody's business; only what says why may be elsewhere."""
    elsewhere = {name for name, row in ROUTES.items() if isinstance(row, Elsewhere) and "project_id" in ours()[name]}
    assert elsewhere == {"outputs", "ask-access"}


def test_no_workspace_takes_the_first_part_of_another_address():
    firsts = {whole.split("/")[0] for whole in ours().values()}
    assert {first for first in firsts if first and "<" not in first and not first.startswith("^")} <= RESERVED


def test_the_admin_is_djangos_own_and_for_staff(client, cast):
    answer = client.get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0] == "/sign-in/?next=/admin/"
    client.force_login(cast.alice)
    assert client.get("/admin/", follow=True).status_code == 403


def test_every_socket_is_a_policy_consumer_with_a_row_for_each_message():
    assert {pattern.name for pattern in websocket_urlpatterns} == set(SOCKETS)
    for pattern in websocket_urlpatterns:
        consumer = pattern.callback.consumer_class
        assert issubclass(consumer, PolicyConsumer)
        declared = {"": consumer.action, **{name: action for name, (_, action) in consumer.messages.items()}}
        assert declared == SOCKETS[pattern.name]
        for name in ("connect", "disconnect", "receive"):
            assert getattr(consumer, name) is getattr(PolicyConsumer, name), f"{consumer} must not have its own {name}"


def test_every_task_has_a_row():
    current_app.loader.import_default_modules()
    ours = {name for name in current_app.tasks if name.startswith(APPS)}
    assert ours == set(TASKS)


def test_every_command_has_a_row():
    ours = {name for name, app in get_commands().items() if app in APPS}
    assert not ours - set(COMMANDS)


@pytest.mark.parametrize("rows", [rows for rows in ROUTES.values() if not isinstance(rows, Elsewhere)])
def test_rows_name_real_actions(rows):
    for row in rows if isinstance(rows, tuple) else [rows]:
        assert isinstance(row, Address) and row.action in Action
