"""Links to the app that carry inputs, and whether the new version still understands them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from projects.notebook.document import Notebook
from projects.notebook.inputs import InputSpec, identity, limits

_MOST_LISTED = 4


class Breaking(StrEnum):
    """Why links stop working, wholly or for some values."""

    RENAMED = "renamed"
    REMOVED = "removed"
    CHANGED = "changed"
    NARROWED = "narrowed"


@dataclass(frozen=True)
class BrokenLink:
    """A parameter that older links may carry and that will not be used any more.

    `name` is the variable in those links. `aliases` are the inputs that could answer to it as an earlier name, the
    likeliest first (none where none can): adding `name` to the aliases of one keeps the links working.
    """

    name: str
    why: Breaking
    sentence: str
    aliases: tuple[str, ...] = ()

    @property
    def alias_for(self) -> str:
        return self.aliases[0] if self.aliases else ""


def broken_links(before: Notebook, after: Notebook, pairs: Mapping[str, str]) -> tuple[BrokenLink, ...]:
    """One entry for each parameter of `before` that breaks, in notebook order. `pairs` as `matching.matched` gives."""
    answers = {name: spec for spec in reversed(after.inputs) for name in spec.names}
    known = {name for spec in before.inputs for name in spec.names}
    fresh = [spec for spec in after.inputs if spec.name not in known]
    found: list[BrokenLink] = []
    for cell in before.input_cells.values():
        spec = cell.input
        if spec is None or not spec.kind.settable_by_link:
            continue
        partner = after.cell(pairs[cell.id]).input if cell.id in pairs else None
        found += [_gone(name, spec, partner, fresh) for name in spec.names if name not in answers]
        if spec.name in answers:
            found += _narrowed(spec, answers[spec.name])
    return tuple(found)


def _gone(name: str, spec: InputSpec, now: InputSpec | None, fresh: Sequence[InputSpec]) -> BrokenLink:
    """`fresh` are the inputs of names that no link of before can carry."""
    if now is None:
        sentence = f"Links with _{name} will lose that value: the input is gone."
        heirs = tuple(other.name for other in fresh if _understands(spec, other))
        return BrokenLink(name, Breaking.REMOVED, sentence, heirs)
    if now.name == spec.name:
        sentence = f"Links with _{name} will stop working: it is no longer an earlier name of {now.name}."
        return BrokenLink(name, Breaking.REMOVED, sentence, (now.name,))
    sentence = f"Links with _{name} will stop working. The input is now called {now.name}."
    return BrokenLink(name, Breaking.RENAMED, sentence, (now.name,) if _understands(spec, now) else ())


def _narrowed(spec: InputSpec, now: InputSpec) -> Iterator[BrokenLink]:
    links = f"Links with _{spec.name}"
    if not _understands(spec, now):
        was, becomes = spec.kind.words.lower(), now.kind.words.lower()
        sentence = f"{links} will lose that value: the input was a {was} and is a {becomes} now."
        yield BrokenLink(spec.name, Breaking.CHANGED, sentence)
        return
    if now.kind.has_range and _is_narrower(spec, now):
        was = f", it was {limits(spec)}" if limits(spec) else ""
        sentence = f"{links} outside the new range will lose that value: it is {limits(now)} now{was}."
        yield BrokenLink(spec.name, Breaking.NARROWED, sentence)
    gone = _options_gone(spec, now)
    if gone:
        listed = ", ".join(map(str, gone[:_MOST_LISTED])) + (" and others" if len(gone) > _MOST_LISTED else "")
        options = "the option" if len(gone) == 1 else "the options"
        verb = "is" if len(gone) == 1 else "are"
        sentence = (
            f"{links} will lose that value where they chose what is gone: {options} {listed} {verb} not there now."
        )
        yield BrokenLink(spec.name, Breaking.NARROWED, sentence)


def _understands(spec: InputSpec, now: InputSpec) -> bool:
    """Whether values of the old kind are, by their type, values of the new one."""
    return spec.kind is now.kind or (bool(spec.kind.family) and spec.kind.family == now.kind.family)


def _is_narrower(spec: InputSpec, now: InputSpec) -> bool:
    lower = now.minimum is not None and (spec.minimum is None or now.minimum > spec.minimum)
    upper = now.maximum is not None and (spec.maximum is None or now.maximum < spec.maximum)
    return lower or upper


def _options_gone(spec: InputSpec, now: InputSpec) -> list[object]:
    if not now.kind.has_options or now.options_from:
        return []
    present = {identity(option) for option in now.options}
    return [option for option in spec.options if identity(option) not in present]
