"""Which addresses take large bodies, and from whom: who could not use what he sends may not send it either."""

import io
from dataclasses import dataclass
from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user
from django.core.handlers.asgi import ASGIRequest
from django.urls import Resolver404, resolve

from apps_runtime.services.sessions import uploads
from hexlite.request_size import Room, Scope
from projects.filenames import FileProblem
from projects.notebook.files.unreadable import MAXIMUM_FILE_BYTES
from projects.permissions import Action, Person, Refusal, load

# What forms need; Django keeps so much in memory.
LITTLE = settings.FILE_UPLOAD_MAX_MEMORY_SIZE
AROUND_IT = 2**20  # the form around a file


@dataclass(frozen=True)
class Large:
    """`most` bytes, for those who may do `action` with the address's project; None: for everybody who signed in."""

    most: int
    action: Action | None


def larges() -> dict[str, Large]:
    """Name of an address → what it takes. All others take a little."""
    return {
        # The form for browsers without scripts; scripts send pieces.
        "files": Large(settings.HEXLITE_FILE_BYTES + AROUND_IT, Action.MANAGE_FILES),
        "upload": Large(settings.HEXLITE_UPLOAD_CHUNK_BYTES + AROUND_IT, Action.MANAGE_FILES),
        "draft-upload": Large(settings.HEXLITE_INPUT_FILE_BYTES + AROUND_IT, Action.RUN_NOTEBOOK),
        "session-upload": Large(settings.HEXLITE_INPUT_FILE_BYTES + AROUND_IT, Action.RUN_APP),
        "project-import": Large(MAXIMUM_FILE_BYTES + AROUND_IT, None),
        # Cells that were copied in another notebook come in one message.
        "notebook-cells": Large(settings.DATA_UPLOAD_MAX_MEMORY_SIZE, Action.EDIT),
    }


def room_of(scope: Scope) -> Room:
    """How much this request may carry; nothing of its body was read. Asks the database."""
    try:
        match = resolve(scope["path"])
    except Resolver404:
        return Room(LITTLE)
    large = larges().get(match.url_name or "")
    if large is None:
        return Room(LITTLE)
    person = _who(scope)
    if large.action is None:
        return Room(large.most if person.is_authenticated else LITTLE)
    try:
        load(person, match.kwargs["workspace"], match.kwargs["project_id"], large.action)
    except Refusal:
        return Room(LITTLE)
    return Room(large.most) if person.is_authenticated else _of_a_stranger(scope)


def _of_a_stranger(scope: Scope) -> Room:
    """A public app's file input. One who finds no room is told so before he has sent anything."""
    client = scope.get("client")
    try:
        uploads.check_strangers_room(address=client[0] if client else "")
    except FileProblem as full:
        return Room(LITTLE, why=str(full))
    most = uploads.most(stranger=True)
    return Room(most + AROUND_IT, why=str(uploads.UploadTooLarge(most)), stranger=True)


def _who(scope: Scope) -> Person:
    request = ASGIRequest(scope, io.BytesIO())
    store = import_module(settings.SESSION_ENGINE).SessionStore
    request.session = store(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
    return get_user(request)
