"""Every kind of input is complete: its words, its template, its script, its row in the glossary, its values."""

import copy
import pickle
from datetime import UTC, datetime
from pathlib import Path

import pytest

from projects.notebook.inputs import InputKind, InputSpec, empty_value, resolve, source

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)


@pytest.mark.parametrize("kind", list(InputKind))
class TestAKind:
    def test_has_words_of_its_own_and_a_sentence(self, kind):
        assert kind.words and [other.words for other in InputKind].count(kind.words) == 1
        assert type(kind).__doc__

    def test_has_its_templates(self, kind):
        for template in (kind.control_template, kind.default_template):
            assert (ROOT / "templates" / template).is_file()

    def test_has_its_script_with_a_value(self, kind):
        text = (ROOT / f"static/js/inputs/kinds/{kind}.js").read_text()
        assert "export const value" in text or "export function value" in text or "export { value" in text

    def test_is_in_the_glossary(self, kind):
        assert f"| {kind.words} |" in (ROOT / "docs/glossary.md").read_text()

    def test_reads_back_what_it_wrote(self, kind):
        spec = InputSpec.from_json({"kind": str(kind), "name": "x", **kind.first_settings})
        assert spec is not None and InputSpec.from_json(spec.to_json()) == spec
        assert not InputSpec.check(spec.to_json())

    def test_has_an_empty_value_that_is_a_value(self, kind):
        spec = InputSpec.from_json({"kind": str(kind), "name": "x", **kind.first_settings})
        empty = empty_value(spec)
        assert kind.canonical(spec, empty, NOW) == empty
        resolve(spec, empty, NOW)
        compile(source(spec), "cell", "exec")

    def test_is_one_object_wherever_it_comes_from(self, kind):
        assert InputKind(str(kind)) is kind is getattr(InputKind, kind.upper())
        assert pickle.loads(pickle.dumps(kind)) is kind and copy.deepcopy(kind) is kind
        assert kind == str(kind) and f"{kind}" == str(kind)


def test_what_is_no_kind_is_refused():
    with pytest.raises(ValueError, match="no kind of input"):
        InputKind("colour")
    with pytest.raises(AttributeError):
        InputKind.COLOUR  # noqa: B018


def test_kinds_stand_in_the_order_authors_know():
    assert [kind.value for kind in InputKind][:4] == ["checkbox", "button", "dropdown", "multiselect"]
