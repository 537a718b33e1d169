"""Two notebooks compared, cell by cell and setting by setting."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.notebook.difference import Breaking, ChangeKind, Difference, LineKind, compare, compare_texts
from projects.notebook.difference.fields import APP_LABELS, INPUT_LABELS, show_in_words
from projects.notebook.difference.texts import compare_words
from projects.notebook.document import Cell, CellKind, Notebook, Show, duplicate
from projects.notebook.inputs import InputSpec
from projects.notebook.inputs.specs import FIELDS as INPUT_FIELDS
from projects.notebook.settings import FIELDS as APP_FIELDS
from projects.notebook.settings import AppSettings, Embedding, Slot, Tab
from tests.notebook.builders import a_notebook, an_input

WINDOW = an_input("slider", "window", label="Smoothing", default=7, min=1, max=30, step=1)


def input_cell(spec: InputSpec, identity: str = "n") -> Cell:
    return Cell(identity, CellKind.CODE).with_input(spec)


def kinds(difference: Difference) -> list[str]:
    return [str(change.kind) for change in difference.cells]


class TestCells:
    def test_nothing_changed(self):
        notebook = a_notebook("1", "2", input_cell(WINDOW))
        difference = compare(notebook, notebook)
        assert difference.is_empty
        assert difference.same == 3
        assert difference.summary == "Nothing changed"

    def test_everything_is_new(self):
        difference = compare(Notebook(), a_notebook("1\n2", input_cell(WINDOW)))
        assert kinds(difference) == ["added", "added"]
        assert [line.kind for line in difference.cells[0].text.lines] == [LineKind.IS, LineKind.IS]
        assert difference.summary == "2 cells added"

    def test_a_changed_cell_keeps_its_id(self):
        before = a_notebook("weather = load()\nmean = rolling(window).mean()\nlow = 1")
        after = before.replace_source("a", "weather = load()\nmean = rolling(days, center=True).mean()\nlow = 1")
        (change,) = compare(before, after).changes
        assert (change.kind, change.title, change.what) == (ChangeKind.CHANGED, "Cell 1", "1 line changed")
        assert [(str(line.kind), line.text) for line in change.text.lines] == [
            ("same", "weather = load()"),
            ("was", "mean = rolling(window).mean()"),
            ("is", "mean = rolling(days, center=True).mean()"),
            ("same", "low = 1"),
        ]
        was, now = change.text.lines[1:3]
        assert [part.text for part in was.parts if part.changed] == ["window"]
        assert [part.text for part in now.parts if part.changed] == ["days, center=True"]

    def test_cells_are_matched_by_lineage_after_a_duplication(self):
        before = a_notebook("first", "second", "third")
        copy = duplicate(before)
        edited = copy.replace_source(copy.cells[1].id, "something else entirely")
        difference = compare(before, edited)
        assert kinds(difference) == ["same", "changed", "same"]
        assert compare(edited, before).summary == "1 cell changed"
        assert compare(copy, duplicate(copy)).is_empty

    def test_inputs_are_matched_by_their_variable(self):
        before, after = a_notebook(input_cell(WINDOW, "x")), a_notebook(input_cell(replace(WINDOW, default=8), "y"))
        assert [change.what for change in compare(before, after).changes] == ["default changed"]

    def test_cells_that_lost_their_ids_are_matched_by_content(self):
        before = a_notebook("alpha = 1", "beta = load_the_data('file.csv')\nbeta.head()", "gamma")
        after = a_notebook(
            Cell("x", CellKind.CODE, "alpha = 1"),
            Cell("y", CellKind.CODE, "beta = load_the_data('other.csv')\nbeta.head()"),
            Cell("z", CellKind.CODE, "something quite different and long"),
        )
        difference = compare(before, after)
        assert kinds(difference) == ["same", "changed", "removed", "added"]
        assert difference.summary == "1 cell changed, 1 added, 1 removed"

    def test_a_text_cell_is_not_matched_with_code_by_likeness(self):
        before = a_notebook(Cell("m", CellKind.MARKDOWN, "one two three four"))
        after = a_notebook(Cell("c", CellKind.CODE, "one two three four five"))
        assert sorted(kinds(compare(before, after))) == ["added", "removed"]

    def test_a_removed_cell_is_shown_where_it_was(self):
        before = a_notebook("1", "2", "3", "4")
        difference = compare(before, before.delete("c").delete("a"))
        assert [(change.cell.source, str(change.kind)) for change in difference.cells] == [
            ("1", "removed"),
            ("2", "same"),
            ("3", "removed"),
            ("4", "same"),
        ]

    @pytest.mark.parametrize(
        ("cell", "position", "what"),
        [("e", 2, "moved up by two, not changed"), ("a", 3, "moved down by three, not changed")],
    )
    def test_a_moved_cell(self, cell, position, what):
        before = a_notebook("1", "2", "3", "4", "5", "6")
        difference = compare(before, before.move(cell, position))
        (change,) = difference.changes
        assert (change.kind, change.what, change.cell.id) == (ChangeKind.MOVED, what, cell)
        assert difference.summary == "1 cell moved"

    def test_a_cell_that_moved_and_changed(self):
        before = a_notebook("1", "2", "3")
        (change,) = compare(before, before.move("c", 0).replace_source("c", "x = 3")).changes
        assert change.kind is ChangeKind.CHANGED
        assert change.what == "1 line changed, moved up by two"

    def test_cells_pushed_down_by_a_new_one_have_not_moved(self):
        before = a_notebook("1", "2", "3")
        assert kinds(compare(before, before.insert(Cell.new(CellKind.CODE, "0"), 0))) == [
            "added",
            "same",
            "same",
            "same",
        ]

    def test_numbers_count_the_cells_that_run(self):
        before = a_notebook(Cell("m", CellKind.MARKDOWN, "x"), "1", input_cell(WINDOW), Cell("z", CellKind.CODE, "2"))
        after = before.replace_source("m", "y").replace_source("b", "2").replace_source("z", "3")
        assert [change.title for change in compare(before, after).changes] == ["Text", "Cell 1", "Cell 3"]

    def test_code_made_text(self):
        before = a_notebook("# Title")
        (change,) = compare(before, before.set_kind("a", CellKind.MARKDOWN)).changes
        assert [(field.label, field.before, field.after) for field in change.fields] == [("Kind", "Code", "Text")]
        assert change.what == "kind changed"

    def test_what_viewers_get(self):
        before = a_notebook("1")
        (change,) = compare(before, before.set_show("a", Show(code=True))).changes
        assert [(field.label, field.before, field.after) for field in change.fields] == [
            ("In the app", "Output only", "Code and output")
        ]
        assert change.what == "shown otherwise"

    @pytest.mark.parametrize(
        ("show", "words"),
        [
            (Show(), "Output only"),
            (Show(code=True), "Code and output"),
            (Show(code=True, output=False), "Code only"),
            (Show(output=False), "Hidden"),
            (Show(cell=False, code=True), "Hidden"),
        ],
    )
    def test_what_viewers_get_in_words(self, show, words):
        assert show_in_words(Cell("a", CellKind.CODE).with_show(show)) == words
        assert show_in_words(Cell("a", CellKind.MARKDOWN).with_show(Show(cell=show.cell))) in ("Shown", "Hidden")

    def test_tags_and_attachments(self):
        before = a_notebook(Cell("m", CellKind.MARKDOWN, "x", {"tags": ["a"]}))
        after = a_notebook(Cell("m", CellKind.MARKDOWN, "x", {"tags": ["b"]}, {"p.png": {"image/png": "A"}}))
        (change,) = compare(before, after).changes
        assert change.what == "tags changed, attachments changed"

    def test_foreign_metadata_do_not_count(self):
        before = a_notebook(Cell("a", CellKind.CODE, "1", {"mine": 1}))
        assert compare(before, a_notebook("1")).is_empty


class TestInputs:
    def change(self, **settings: object):
        before = a_notebook(input_cell(WINDOW))
        return compare(before, before.set_input("n", replace(WINDOW, **settings)))

    def test_renamed_with_another_range(self):
        difference = self.change(name="days", maximum=60, default=30)
        (change,) = difference.changes
        assert (change.title, change.what) == ("Input “Smoothing”", "renamed, range changed")
        assert [(field.label, field.before, field.after) for field in change.fields] == [
            ("Variable", "window", "days"),
            ("Most", "30", "60"),
            ("Default", "7", "30"),
        ]
        assert change.text.lines == ()
        assert difference.summary == "1 input renamed"

    @pytest.mark.parametrize(
        ("given_settings", "what"),
        [
            ({"default": 8}, "default changed"),
            ({"label": "Days"}, "label changed"),
            ({"minimum": 2}, "range changed"),
            ({"step": 2}, "step changed"),
            ({"help": "x"}, "help text changed"),
            ({"aliases": ("old",)}, "earlier names changed"),
            ({"label": "Days", "default": 8}, "default changed, label changed"),
        ],
    )
    def test_what_changed_in_a_few_words(self, given_settings, what):
        difference = self.change(**given_settings)
        assert [change.what for change in difference.changes] == [what]
        assert difference.summary == "1 input changed"

    @pytest.mark.parametrize(
        ("options", "what", "added", "removed"),
        [
            (["a", "b", "c"], "1 option added", ("c",), ()),
            (["b"], "1 option removed", (), ("a",)),
            (["x", "y"], "2 options added, 2 options removed", ("x", "y"), ("a", "b")),
            (["b", "a"], "options in another order", (), ()),
        ],
    )
    def test_options(self, options, what, added, removed):
        before = a_notebook(input_cell(an_input("dropdown", options=["a", "b"])))
        (change,) = compare(before, a_notebook(input_cell(an_input("dropdown", options=options)))).changes
        assert change.what == what
        assert (change.fields[0].added, change.fields[0].removed) == (added, removed)

    def test_every_setting_has_a_label(self):
        assert INPUT_LABELS.keys() == INPUT_FIELDS
        assert APP_LABELS.keys() == APP_FIELDS


class TestAppSettings:
    @pytest.mark.parametrize(
        ("given_settings", "label", "before", "after"),
        [
            ({"title": "T"}, "Title", "", "T"),
            ({"table_of_contents": True}, "Table of contents", "Hidden", "Shown"),
            ({"hide_code": True}, "All code", "As each cell says", "Hidden"),
            ({"viewers_run": False}, "Viewers may run", "Yes", "No"),
            ({"reactive": False}, "Reactivity", "On", "Off"),
            ({"idle_minutes": 1}, "Kernel is kept for", "10 minutes", "1 minute"),
            ({"embed": Embedding(True, ("https://a.org",))}, "Embedding", "Off", "https://a.org"),
            ({"embed": Embedding(True)}, "Embedding", "Off", "Any site"),
            ({"tabs": (Tab("a", "One"), Tab("b", "Two"))}, "Tabs", "", "One, Two"),
            ({"layout": ((Slot("a", 6),),)}, "Layout", "As the notebook", "1 row"),
        ],
    )
    def test_in_words(self, given_settings, label, before, after):
        notebook = a_notebook("1")
        difference = compare(notebook, notebook.set_settings(AppSettings(**given_settings)))
        assert [(field.label, field.before, field.after) for field in difference.settings] == [(label, before, after)]
        assert difference.summary == "1 setting"
        assert difference.count == 1

    def test_another_arrangement_of_as_many_rows(self):
        before = a_notebook("1").set_settings(AppSettings(layout=((Slot("a", 6),),)))
        after = before.set_settings(AppSettings(layout=((Slot("a", 7),),)))
        assert compare(before, after).settings[0].after == "1 row, arranged otherwise"


def test_the_summary_of_the_design():
    before = a_notebook(
        input_cell(WINDOW),
        Cell("four", CellKind.CODE, "rolling(window)"),
        Cell("text", CellKind.MARKDOWN, "three years"),
    )
    after = (
        before.set_input("n", replace(WINDOW, name="days"))
        .replace_source("four", "rolling(days)")
        .replace_source("text", "four years")
        .insert(Cell.new(CellKind.CODE, "dry = longest_run(rain == 0)"))
        .set_settings(AppSettings(table_of_contents=True))
    )
    difference = compare(before, after)
    assert difference.summary == "2 cells changed, 1 added, 1 input renamed, 1 setting"
    assert difference.count == 5


class TestBrokenLinks:
    def links(self, before: InputSpec, after: InputSpec | None) -> list[tuple[str, str, str, str]]:
        old = a_notebook(input_cell(before))
        new = a_notebook(input_cell(after)) if after else Notebook()
        return [(link.name, str(link.why), link.sentence, link.alias_for) for link in compare(old, new).broken_links]

    def test_a_renamed_input_and_the_way_out(self):
        days = replace(WINDOW, name="days")
        assert self.links(WINDOW, days) == [
            ("window", "renamed", "Links with _window will stop working. The input is now called days.", "days")
        ]
        assert self.links(WINDOW, replace(days, aliases=("window",))) == []

    def test_an_earlier_name_that_was_dropped(self):
        (link,) = self.links(replace(WINDOW, aliases=("span",)), WINDOW)
        assert link[0] == "span"
        assert link[2:] == ("Links with _span will stop working: it is no longer an earlier name of window.", "window")

    def test_renamed_twice_breaks_both_names(self):
        links = self.links(replace(WINDOW, aliases=("span",)), replace(WINDOW, name="days"))
        assert [link[0] for link in links] == ["window", "span"]

    def test_a_removed_input(self):
        assert self.links(WINDOW, None) == [
            ("window", "removed", "Links with _window will lose that value: the input is gone.", "")
        ]

    def test_renamed_and_of_another_kind_has_no_alias(self):
        assert self.links(WINDOW, an_input("text", "days"))[0][1:] == (
            "renamed",
            "Links with _window will stop working. The input is now called days.",
            "",
        )

    def test_another_kind(self):
        assert self.links(WINDOW, an_input("text", "window"))[0][1:3] == (
            "changed",
            "Links with _window will lose that value: the input was a slider and is a text now.",
        )

    @pytest.mark.parametrize(
        ("given_settings", "sentence"),
        [
            (
                {"maximum": 20},
                (
                    "Links with _window outside the new range will lose that value: "
                    "it is from 1 to 20 now, it was from 1 to 30."
                ),
            ),
            ({"minimum": 2}, "it is from 2 to 30 now, it was from 1 to 30."),
        ],
    )
    def test_a_narrower_range(self, given_settings, sentence):
        (link,) = self.links(WINDOW, replace(WINDOW, **given_settings))
        assert link[1] == Breaking.NARROWED
        assert sentence in link[2]

    def test_a_number_that_got_its_first_limit(self):
        (link,) = self.links(an_input("number"), an_input("number", max=5))
        assert link[2].endswith("it is 5 or less now.")

    @pytest.mark.parametrize("given_settings", [{"maximum": 60}, {"minimum": 0}, {"default": 9}, {"label": "x"}])
    def test_a_wider_range_breaks_nothing(self, given_settings):
        assert self.links(WINDOW, replace(WINDOW, **given_settings)) == []

    def test_a_slider_made_a_number_breaks_nothing(self):
        assert self.links(WINDOW, an_input("number", "window")) == []

    def test_options_that_are_gone(self):
        before = an_input("dropdown", options=["a", "b", 1])
        (link,) = self.links(before, an_input("dropdown", options=["a", 1.0]))
        assert link[1:3] == (
            "narrowed",
            "Links with _x will lose that value where they chose what is gone: the option b is not there now.",
        )
        (link,) = self.links(an_input("multiselect", options=list("abcdef")), an_input("multiselect", options=["z"]))
        assert "the options a, b, c, d and others are not there now" in link[2]

    def test_options_of_a_variable_are_not_judged(self):
        assert self.links(an_input("dropdown", options=["a"]), an_input("dropdown", options_from="v")) == []

    def test_files_are_never_in_links(self):
        assert self.links(an_input("file"), None) == []


class TestTexts:
    def test_a_word_in_prose(self):
        was, now = compare_words("Every day of three years.", "Every day of four years, all of it.")
        assert [part.text for part in was if part.changed] == ["three"]
        assert [part.text for part in now if part.changed] == ["four", ", all of it"]

    def test_a_sentence_tells_both_sides(self):
        difference = compare_texts(
            "# A\n\nEvery day of three long years.\nGone.", "# A\n\nEvery day of four short years, all of it."
        )
        assert [[(str(piece.kind), piece.text) for piece in line] for line in difference.prose] == [
            [
                ("same", "Every day of "),
                ("was", "three long"),
                ("is", "four short"),
                ("same", " years"),
                ("is", ", all of it"),
                ("same", "."),
            ],
            [("was", "Gone.")],
        ]

    @given(st.text("ab \n", max_size=30), st.text("ab \n", max_size=30))
    def test_prose_leaves_no_word_out(self, before, after):
        told = [piece for line in compare_texts(before, after).prose for piece in line]
        same = [line.text for line in compare_texts(before, after).lines if line.kind is LineKind.SAME]
        for side, text in ((LineKind.WAS, before), (LineKind.IS, after)):
            words = "".join(piece.text for piece in told if piece.kind in (LineKind.SAME, side))
            assert sorted(words.replace(" ", "") + "".join(same).replace(" ", "")) == sorted(
                text.replace(" ", "").replace("\n", "")
            )

    def test_lines_that_have_nothing_in_common_are_not_marked_inside(self):
        difference = compare_texts("abc", "xyz 123")
        assert [(str(line.kind), [part.changed for part in line.parts]) for line in difference.lines] == [
            ("was", [False]),
            ("is", [False]),
        ]

    def test_a_line_stays_beside_the_one_it_is_most_like(self):
        difference = compare_texts("mean = x.mean()", "import os\nmean = y.mean()")
        assert [(str(line.kind), line.text) for line in difference.lines] == [
            ("is", "import os"),
            ("was", "mean = x.mean()"),
            ("is", "mean = y.mean()"),
        ]

    def test_only_what_changed_with_what_is_around_it(self):
        text = "\n".join(str(number) for number in range(50))
        difference = compare_texts(text, text.replace("\n10\n", "\nten\n").replace("\n40\n", "\nforty\n"))
        runs = difference.around_changes(1)
        assert [[line.text for line in run] for run in runs] == [["9", "10", "ten", "11"], ["39", "40", "forty", "41"]]
        assert compare_texts("a", "a").around_changes() == ()

    def test_line_numbers_are_those_of_each_side(self):
        difference = compare_texts("a\nb\nc", "a\nnew\nc")
        assert [(line.number, str(line.kind)) for line in difference.lines] == [
            (1, "same"),
            (2, "was"),
            (2, "is"),
            (3, "same"),
        ]

    def test_huge_texts_come_back_unaligned(self):
        before, after = ("\n".join(f"{letter}{n}" for n in range(20_000)) for letter in "ab")
        difference = compare_texts(before, after)
        assert difference.changed_lines == 20_000
        assert compare_texts("x " * 100_000, "y " * 100_000).changed_lines == 1

    @given(st.text("ab \n"), st.text("ab \n"))
    def test_both_sides_can_be_read_off_the_lines(self, before, after):
        lines = compare_texts(before, after).lines
        old = "\n".join(line.text for line in lines if line.kind is not LineKind.IS)
        new = "\n".join(line.text for line in lines if line.kind is not LineKind.WAS)
        assert (old, new) == (before, after)

    @given(st.text("ab =1()"), st.text("ab =1()"))
    def test_both_sides_can_be_read_off_the_words(self, before, after):
        was, now = compare_words(before, after)
        assert "".join(part.text for part in was) == before
        assert "".join(part.text for part in now) == after
        assert [part.text for part in was if not part.changed] or not before or [part for part in was if part.changed]


IDS = st.lists(st.sampled_from("abcdefgh"), unique=True)


@given(IDS, IDS)
def test_every_cell_is_there_once_and_removed_plus_kept_is_the_old_notebook(old, new):
    before, after = (
        Notebook(tuple(Cell(identity, CellKind.CODE, f"source_of_{identity}") for identity in ids))
        for ids in (old, new)
    )
    difference = compare(before, after)
    assert [change.after.id for change in difference.cells if change.after] == new
    assert sorted(change.before.id for change in difference.cells if change.before) == sorted(old)
    assert {change.cell.id for change in difference.cells if change.kind is ChangeKind.ADDED} == set(new) - set(old)
    if [identity for identity in old if identity in new] == [identity for identity in new if identity in old]:
        assert all(not change.moved_by for change in difference.cells)


def test_unchanged_cells_are_not_compared_line_by_line(monkeypatch):
    """What makes 500 unchanged cells a matter of milliseconds; the time itself is measured in `bench/`."""
    cells = tuple(Cell(f"c{n}", CellKind.CODE, f"x_{n} = {n}\n" * 20, {"tags": ["a"]}) for n in range(500))
    data = Notebook(cells).to_json()
    before, after = Notebook.from_json(data), Notebook.from_json(data)
    outputs = {f"c{n}": [{"output_type": "stream", "name": "stdout", "text": "x" * 1000}] for n in range(500)}

    def never(*arguments: object) -> None:
        raise AssertionError("a cell that is the same was compared in detail")

    monkeypatch.setattr("projects.notebook.difference.comparison.compare_texts", never)
    monkeypatch.setattr("projects.notebook.difference.comparison.cell_changes", never)
    monkeypatch.setattr("projects.notebook.difference.outputs.digest", never)
    assert compare(before, after, outputs, outputs).is_empty


def test_five_hundred_strange_cells_on_both_sides():
    before = Notebook(tuple(Cell(f"a{n}", CellKind.CODE, f"load({n})\nplot({n * 7}, color={n})") for n in range(500)))
    after = Notebook(tuple(Cell(f"b{n}", CellKind.CODE, f"load({n})\nplot({n * 7}, size={n + 1})") for n in range(500)))
    assert compare(before, after).summary == "500 cells changed"
