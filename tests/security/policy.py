"""The one table: who may do what (specs/permissions), and which address, message, task and command is which action.

The tests beside this file walk it. An address or socket without a row fails `test_every_route_has_action`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from projects.permissions import Action


class Column(StrEnum):
    """The columns of the specification's table."""

    STRANGER = "a stranger, app of the workspace"
    LINK_HOLDER = "a stranger with the link"
    ANYONE = "a stranger, public app"
    NO_GRANT = "a member without a grant"
    APP_ONLY = "App Only"
    VIEW = "Can View"
    EDIT = "Can Edit"
    FULL = "Full Access"
    SUPERUSER = "a superuser"


COLUMNS = list(Column)

# y: yes, -: no, r: only where the app lets viewers run. One letter for each column, in their order.
MATRIX: dict[Action, str] = {
    Action.OPEN_APP: "-yy-yyyyy",
    Action.RUN_APP: "-rr-rryyy",
    Action.SHARE_SESSION: "----rryyy",
    Action.JOIN_SESSION: "-yy-yyyyy",
    Action.DOWNLOAD_DATA: "-yy-yyyyy",
    Action.DOWNLOAD_SOURCE: "-----yyyy",
    Action.VIEW_NOTEBOOK: "-----yyyy",
    Action.VIEW_VERSIONS: "-----yyyy",
    Action.VIEW_TRACEBACK: "-----yyyy",
    Action.VIEW_GRAPH: "-----yyyy",
    Action.VIEW_RUNS: "-----yyyy",
    Action.VIEW_FILES: "-----yyyy",
    Action.EXPORT: "-----yyyy",
    Action.DUPLICATE: "-----yyyy",
    Action.EDIT: "------yyy",
    Action.RUN_NOTEBOOK: "------yyy",
    Action.MANAGE_FILES: "------yyy",
    Action.PUBLISH: "------yyy",
    Action.REVERT: "------yyy",
    Action.MANAGE_SCHEDULES: "------yyy",
    Action.VIEW_ACCESS: "------yyy",
    Action.GRANT: "------yyy",
    Action.GRANT_FULL: "-------yy",
    Action.RENAME: "-------yy",
    Action.CHANGE_VISIBILITY: "-------yy",
    Action.DELETE_APP: "-------yy",
    Action.DELETE_PROJECT: "-------yy",
    Action.VIEW_AUDIT: "-------yy",
}


def allows(action: Action, column: Column, *, viewers_run: bool = True) -> bool:
    letter = MATRIX[action][COLUMNS.index(column)]
    return letter == "y" or (letter == "r" and viewers_run)


@dataclass(frozen=True)
class Address:
    """An address of a project: the action it takes, and a request that would do it.

    `data` is a form, or JSON where `json`; `query` ends the address. `trashed`: the project is in the trash. `token`:
    for programs, which show a token instead of a cookie. Values in braces, such as `{undo}`, are filled in from the
    world of the test.
    """

    action: Action
    method: str = "GET"
    data: Mapping[str, Any] = field(default_factory=dict)
    json: bool = False
    trashed: bool = False
    token: bool = False
    query: str = ""


@dataclass(frozen=True)
class Elsewhere:
    """An address that is not one project's. `account`: strangers are sent to sign in."""

    reason: str
    account: bool = False
    arguments: Mapping[str, Any] = field(default_factory=dict)


def _post(action: Action, *, json: bool = False, trashed: bool = False, **data: Any) -> Address:
    return Address(action, "POST", data, json=json, trashed=trashed)


def _program(action: Action, method: str = "GET", **data: Any) -> Address:
    return Address(action, method, data, json=True, token=True)


_FILES = (
    Address(Action.DOWNLOAD_DATA, data={"path": "data.csv"}),
    Address(Action.DOWNLOAD_SOURCE, data={"path": ".env"}),
)

# The name of an address → what it is; several where what is asked for decides.
ROUTES: dict[str, Address | tuple[Address, ...] | Elsewhere] = {
    # ---- the app
    "app": Address(Action.OPEN_APP),
    "shared-session": Address(Action.JOIN_SESSION),
    "link": (
        _post(Action.OPEN_APP, json=True, values={}),
        Address(Action.OPEN_APP, "POST", {"values": {}}, json=True, query="?kind=inputs"),
        Address(Action.SHARE_SESSION, "POST", {"values": {}}, json=True, query="?kind=session"),
    ),
    "build-link": Address(Action.VIEW_NOTEBOOK),
    "session-upload": Address(Action.RUN_APP, "POST"),
    "app-picture": Address(Action.OPEN_APP),
    "output": Address(Action.OPEN_APP),
    "output-frame": Address(Action.OPEN_APP),
    "outputs": Elsewhere("what pages put before a digest; always 404"),
    "file": _FILES,
    "publish-file": _FILES,
    # ---- the notebook
    "notebook": Address(Action.VIEW_NOTEBOOK),
    "notebook-cells": (
        _post(Action.VIEW_NOTEBOOK, json=True, operation="copy", cells=[]),
        _post(Action.EDIT, json=True, operation="delete", cells=[]),
    ),
    "notebook-cell-settings": Address(Action.VIEW_NOTEBOOK),
    "notebook-export": Address(Action.EXPORT),
    "notebook-add": _post(Action.EDIT, title="Another"),
    "notebook-restore": _post(Action.EDIT, version="1", title="Back"),
    "notebook-copy": _post(Action.EDIT),
    "notebook-delete": _post(Action.EDIT),
    # ---- publishing and versions
    "publish": _post(Action.PUBLISH),
    "preview": Address(Action.PUBLISH),
    "preview-changes": Address(Action.PUBLISH),
    "preview-said": Address(Action.PUBLISH),
    "preview-publish": _post(Action.PUBLISH, json=True, replaces=1),
    "preview-keep-name": _post(Action.PUBLISH, name="m", answers="n"),
    "preview-cancel": _post(Action.PUBLISH, json=True),
    "draft-upload": Address(Action.RUN_NOTEBOOK, "POST"),
    "graph": Address(Action.VIEW_GRAPH),
    "app-settings": Address(Action.EDIT),
    "app-delete": _post(Action.DELETE_APP),
    "versions": Address(Action.VIEW_VERSIONS),
    "version-comparison": Address(Action.VIEW_VERSIONS),
    "version-save": _post(Action.EDIT, name="A name"),
    "version-name": _post(Action.EDIT, name="A name"),
    "version-revert": _post(Action.REVERT),
    # ---- runs and schedules
    "runs": Address(Action.VIEW_RUNS),
    "run": Address(Action.VIEW_RUNS),
    "run-notebook": Address(Action.EXPORT),
    "run-document": Address(Action.EXPORT),
    "run-cancel": _post(Action.RUN_NOTEBOOK),
    "run-again": _post(Action.RUN_NOTEBOOK),
    "run-restore": _post(Action.PUBLISH),
    "schedules": (Address(Action.VIEW_RUNS), _post(Action.MANAGE_SCHEDULES)),
    "schedule": (Address(Action.VIEW_RUNS), _post(Action.MANAGE_SCHEDULES)),
    "schedule-preview": Address(Action.VIEW_RUNS),
    "schedule-pause": _post(Action.MANAGE_SCHEDULES),
    "schedule-resume": _post(Action.MANAGE_SCHEDULES),
    "schedule-run": _post(Action.MANAGE_SCHEDULES),
    "schedule-delete": _post(Action.MANAGE_SCHEDULES),
    # ---- for programs
    "api-v1:api-project": _program(Action.OPEN_APP),
    "api-v1:api-publish": _program(Action.PUBLISH, "POST", run=1, replaces=1),
    "api-v1:api-start": _program(Action.RUN_APP, "POST", inputs={}),
    "api-v1:api-preview": _program(Action.PUBLISH, "POST"),
    "api-v1:api-run": _program(Action.VIEW_RUNS),
    "api-v1:api-outputs": _program(Action.VIEW_RUNS),
    "api-v1:api-cancel": _program(Action.RUN_NOTEBOOK, "POST"),
    # ---- files
    "files": Address(Action.VIEW_FILES),
    "files-folder": _post(Action.MANAGE_FILES, folder="", name="raw"),
    "files-rename": _post(Action.MANAGE_FILES, path="data.csv", name="other.csv"),
    "files-delete": _post(Action.MANAGE_FILES, path="data.csv"),
    "files-restore": _post(Action.MANAGE_FILES, path="gone.csv", undo="{undo}"),
    "upload-begin": _post(Action.MANAGE_FILES, name="new.csv", size="3"),
    "upload": Address(Action.MANAGE_FILES),
    # ---- sharing
    "share": Address(Action.VIEW_ACCESS),
    "share-find": Address(Action.GRANT, data={"q": "a"}),
    "share-grant": _post(Action.GRANT, who="{member}", level="app_only"),
    "share-revoke": _post(Action.GRANT, who="{member}"),
    "share-again": _post(Action.GRANT, who="{invitation}"),
    "share-workspace": _post(Action.GRANT, level="app_only"),
    "share-visibility": _post(Action.CHANGE_VISIBILITY, visibility="{other visibility}"),
    "share-editors": _post(Action.GRANT_FULL),
    "share-embedding": _post(Action.CHANGE_VISIBILITY, sites="https://a.example.org"),
    "ask-access": Elsewhere("for people with a level who want more: tests/sharing/test_asking.py"),
    "audit": Address(Action.VIEW_AUDIT),
    "invitation": Elsewhere("the token in the address is the right: tests/sharing/test_invitations.py"),
    # ---- projects as wholes
    "project-rename": _post(Action.RENAME, title="Renamed"),
    "project-duplicate": _post(Action.DUPLICATE),
    "project-trash": _post(Action.DELETE_PROJECT),
    "project-restore": _post(Action.DELETE_PROJECT, trashed=True),
    "project-delete": _post(Action.DELETE_PROJECT, trashed=True),
    # ---- lists of one's own, and accounts
    "home": Elsewhere("the reader's own lists", account=True),
    "workspace": Elsewhere("strangers see its public apps only"),
    "palette": Elsewhere("finds what the reader may open; strangers nothing"),
    "project-new": Elsewhere("makes a project of one's own", account=True),
    "project-import": Elsewhere("makes a project of one's own", account=True),
    "trash": Elsewhere("the reader's own", account=True),
    "tokens": Elsewhere("the reader's own", account=True),
    "token-delete": Elsewhere("the reader's own", account=True, arguments={"token_id": 1}),
    "profile": Elsewhere("the reader's own", account=True),
    "address": Elsewhere("the reader's own", account=True),
    "address-proved": Elsewhere(
        "the reader's own; the link counts for one account only", account=True, arguments={"token": "x"}
    ),
    "password-change": Elsewhere("the reader's own", account=True),
    "sign-in": Elsewhere("for strangers"),
    "sign-up": Elsewhere("for strangers, where the installation lets everybody; tells nobody who has an account"),
    "sign-up-confirm": Elsewhere("the token in the address is the right: tests/web/test_sign_up.py"),
    "sign-in-openid": Elsewhere("for strangers; leads to the provider of the settings and nowhere else"),
    "sign-in-openid-callback": Elsewhere("the provider's token is the right: tests/web/test_openid.py"),
    "sign-out": Elsewhere("ends the reader's own session"),
    "password-forgotten": Elsewhere("for strangers; answers the same for every address"),
    "password-sent": Elsewhere("for strangers"),
    "password-new": Elsewhere("the token in the address is the right"),
    "password-done": Elsewhere("for strangers"),
    # ---- machines
    "api-v1:api-projects": Elsewhere("what the token's person has: tests/api"),
    "api-v1:api-root": Elsewhere("always 404"),
    "api-v1:openapi-json": Elsewhere("describes the API"),
    "api-v1:openapi-view": Elsewhere("describes the API"),
    "healthz": Elsewhere("says that the process answers"),
    "readyz": Elsewhere("says whether it can serve"),
    "metrics": Elsewhere("for whoever knows the token: tests/house/test_metrics.py"),
    "robots": Elsewhere("names no address"),
    "sitemap": Elsewhere("public apps only: tests/web/test_app_visibility.py"),
}


# Socket → message → the action it takes. "" is connecting.
SOCKETS: dict[str, dict[str, Action]] = {
    "app-socket": {
        "": Action.OPEN_APP,
        "hello": Action.OPEN_APP,
        "set": Action.RUN_APP,
        "press": Action.RUN_APP,
        "run": Action.RUN_APP,
        "stop": Action.RUN_APP,
    },
    "draft-socket": {
        "": Action.VIEW_NOTEBOOK,
        "hello": Action.VIEW_NOTEBOOK,
        "set": Action.RUN_NOTEBOOK,
        "press": Action.RUN_NOTEBOOK,
        "run_cells": Action.RUN_NOTEBOOK,
        "run_all": Action.RUN_NOTEBOOK,
        "run_stale": Action.RUN_NOTEBOOK,
        "restart_run_all": Action.RUN_NOTEBOOK,
        "restart": Action.RUN_NOTEBOOK,
        "stop": Action.RUN_NOTEBOOK,
        "complete": Action.RUN_NOTEBOOK,
    },
    "run-socket": {"": Action.VIEW_RUNS, "hello": Action.VIEW_RUNS},
    "runs-socket": {"": Action.VIEW_RUNS},
}


# Task → what is asked again when it is carried out, or why nothing is.
TASKS: dict[str, Action | str] = {
    "apps_runtime.play_run": Action.PUBLISH,
    "apps_runtime.play_session": "each request was authorised when it was written to the session's row",
    "apps_runtime.make_template": "plays what is published, for whoever may run it",
    "apps_runtime.stop_playing": "stops only; sent by what was authorised",
    "apps_runtime.kill_kernel": "stops only; sent by what was authorised",
    "apps_runtime.unwatched": "stops a preview that nobody looks at",
    "apps_runtime.tell_run_end": "writes to those whom the schedule names, if they may still read the run",
    "apps_runtime.sweep": "looks after rows; starts nothing that had been started",
    "apps_runtime.tidy": "takes away what the settings say is old; nothing that an app shows",
    "apps_runtime.tick_schedules": "asks for each schedule: a creator without Can Edit pauses it",
}


# Whoever has a shell on the machine administers it; what a command asks in somebody's name is said here.
COMMANDS: dict[str, str] = {
    "check_inputs": "reads a file",
    "create_token": "makes a token that may do what its person may",
    "demo": "makes the demo accounts and projects",
    "doctor": "reads",
    "export_notebook": "reads any project",
    "flush": "Django's own: empties the database",
    "graph": "reads a file",
    "import_notebook": "makes a project that belongs to --owner",
    "kernels": "is the kernel host",
    "publish": "publishes in the name of the project's owner",
    "share": "grants as an administrator: the last Full Access stays",
    "up": "starts everything",
    "run_notebook": "runs a file on this machine",
}
