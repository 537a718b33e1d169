"""Nothing is reachable that the table does not know (specs/security T9)."""

from collections.abc import Iterator

import pytest
from celery import current_app
from django.core.management import get_commands
from django.urls import URLPattern, URLResolver, get_resolver

from apps_runtime.consumers.policy import PolicyConsumer
from apps_runtime.routing import websocket_urlpatterns
from projects.permissions import Action
from projects.services.workspaces import RESERVED
from tests.security.policy import COMMANDS, ROUTES, SOCKETS, TASKS, Address, Elsewhere

OURS = ("hexlite", "sharing", "apps_runtime", "projects")


def addresses(patterns, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        whole = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, whole)
        else:
            yield whole, pattern


def test_every_address_has_a_row():
    found = {pattern.name: whole for whole, pattern in addresses(get_resolver().url_patterns) if not admin(whole)}
    assert None not in found, "an address without a name can't have a row"
    assert not set(found) - set(ROUTES), "say in tests/security/policy.py which action these are"


def test_every_row_is_an_address():
    found = {pattern.name for _, pattern in addresses(get_resolver().url_patterns)}
    assert not set(ROUTES) - found


def test_addresses_of_a_project_are_rows_of_the_matrix():
    """An address below a project is somebody's business; only what says why may be elsewhere."""
    for whole, pattern in addresses(get_resolver().url_patterns):
        if "project_id" in whole and isinstance(ROUTES[pattern.name], Elsewhere):
            assert ROUTES[pattern.name].reason


def test_no_workspace_takes_the_first_part_of_another_address():
    firsts = {whole.split("/")[0] for whole, _ in addresses(get_resolver().url_patterns)}
    assert {first for first in firsts if first and "<" not in first and not first.startswith("^")} <= RESERVED


def test_the_admin_is_djangos_own_and_for_staff(client, db):
    assert client.get("/admin/").headers["Location"].startswith("/admin/login/")


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
    ours = {name for name in current_app.tasks if name.startswith(OURS)}
    assert ours == set(TASKS)


def test_every_command_has_a_row():
    ours = {name for name, app in get_commands().items() if app in OURS}
    assert not ours - set(COMMANDS)


@pytest.mark.parametrize("rows", [rows for rows in ROUTES.values() if not isinstance(rows, Elsewhere)])
def test_rows_name_real_actions(rows):
    for row in rows if isinstance(rows, tuple) else [rows]:
        assert isinstance(row, Address) and row.action in Action


def admin(whole: str) -> bool:
    return whole.startswith("admin/")
