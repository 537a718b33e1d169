"""Moving inputs and pressing buttons in a live session: what a window sends becomes operations on it."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from apps_runtime.models import Session
from apps_runtime.readers import VIEWER, Reader
from apps_runtime.services.sessions import sessions, uploads
from apps_runtime.session.operations import Press, SetValues
from apps_runtime.session.state import State
from projects.notebook import inputs
from projects.notebook.inputs import Behaviour, Value


def set_values(
    *,
    session_id: object,
    given: Mapping[str, Any],
    by: str,
    account: str = "",
    play: bool = True,
    from_link: bool = False,
    message: str = "",
    reader: Reader = VIEWER,
) -> dict[str, str]:
    """Set inputs of this reader (name → JSON value); what was not used, by input, as sentences without a full stop.

    A value of a link waits for the options of its own run, because its other values may change them. Raises
    Session.DoesNotExist.
    """
    ignored: dict[str, str] = {}
    now = timezone.now()

    def judge(session: Session, state: State) -> tuple[SetValues]:
        specs = {spec.name: spec for spec in reader.inputs(session.notebook)}
        known = None if from_link else state.known_options
        parsed = inputs.parse_values(list(specs.values()), given, state.values, now, known)
        ignored.update(parsed.ignored)
        values: dict[str, Value] = {}
        for name in parsed.given:
            if specs[name].kind.is_pressed or name in ignored or name in parsed.held:
                continue
            value = parsed.values[name]
            if specs[name].kind.takes_upload and value is not None and not uploads.holds(session, str(value)):
                ignored[name] = f'"{name}" must be a file uploaded here'
                continue
            values[name] = value
        held = dict(parsed.held)
        return (SetValues(values, by=by, account=account, play=play, message=message[:64], held=held),)

    sessions.submit(session_id, decide=judge, seen_at=now)
    return ignored


def press(*, session: Session, name: str, by: str, message: str = "", reader: Reader = VIEWER) -> None:
    """Press a run button. Raises ValueError when the reader has none of that name."""
    spec = next((spec for spec in reader.inputs(session.notebook) if spec.name == name), None)
    if spec is None or not spec.kind.is_pressed:
        raise ValueError("no such button")
    play_all = spec.behaviour is Behaviour.RUN_NOTEBOOK
    sessions.submit(
        session.pk, Press(spec.name, by=by, play_all=play_all, message=message[:64]), seen_at=timezone.now()
    )
