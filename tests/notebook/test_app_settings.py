"""The app's settings: whatever the file says, there are settings."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.notebook.settings import FIELDS, Applying, AppSettings, Embedding, Opening, Slot, Tab, is_site

JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)),
    max_leaves=8,
)

FULL = {
    "title": "Seattle weather",
    "description": "Every day of four years.",
    "picture": "seattle.png",
    "hide_code": True,
    "full_width": True,
    "table_of_contents": True,
    "outputs": "clean",
    "viewers_run": False,
    "reactive": False,
    "apply": "apply",
    "show_errors": True,
    "idle_minutes": 30,
    "live_updates": True,
    "embed": {"enabled": True, "sites": ["https://example.org", "https://*.example.com:8443"]},
    "tabs": [{"id": "one", "title": "Overview"}, {"id": "two", "title": "Records"}],
    "layout": [[{"cell": "a", "span": 7}, {"cell": "b", "span": 5}], [{"cell": "c", "span": 12, "tab": "two"}]],
    "later": {"kept": True},
}


def test_all_settings_are_read_and_written():
    settings = AppSettings.from_json(FULL)
    assert settings.to_json() == FULL
    assert settings.outputs is Opening.CLEAN
    assert settings.apply is Applying.APPLY
    assert settings.tabs == (Tab("one", "Overview"), Tab("two", "Records"))
    assert settings.layout[1] == (Slot("c", 12, "two"),)


@pytest.mark.parametrize("data", [None, 7, "x", [], {}, {"title": 7, "outputs": [], "tabs": {}, "layout": "x"}])
def test_anything_else_is_the_default(data):
    assert AppSettings.from_json(data) == AppSettings()


@given(st.dictionaries(st.sampled_from(sorted(FIELDS)), JSON))
def test_reading_never_raises_and_is_stable(data):
    settings = AppSettings.from_json(data)
    assert AppSettings.from_json(json.loads(json.dumps(settings.to_json()))) == settings


@pytest.mark.parametrize("minutes", [0, -1, 1441, "10", 1.5, True, None])
def test_an_idle_time_beyond_reason_is_ten_minutes(minutes):
    assert AppSettings.from_json({"idle_minutes": minutes}).idle_minutes == 10


@pytest.mark.parametrize(
    "site",
    [
        "https://example.org",
        "http://localhost:8000",
        "https://*.example.org",
        "https://10.0.0.1",
        "https://a-b.example",
    ],
)
def test_sites_that_may_embed(site):
    assert is_site(site)


@pytest.mark.parametrize(
    "site",
    [
        "example.org",
        "https://example.org; script-src *",
        "https://example.org\nX: y",
        "https://example.org 'self'",
        "https://*",
        "*",
        "'none'",
        "javascript:alert(1)",
        "https://example.org/path",
        "https://user@example.org",
        "https://exämple.org",
        "data:",
        "",
        None,
        7,
    ],
)
def test_what_is_no_site_never_reaches_a_header(site):
    assert not is_site(site)
    assert AppSettings.from_json({"embed": {"enabled": True, "sites": [site]}}).embed == Embedding(True, ())


def test_sites_are_written_as_browsers_compare_them():
    settings = AppSettings.from_json(
        {"embed": {"enabled": True, "sites": ["https://Example.org/", "https://example.org"]}}
    )
    assert settings.embed.sites == ("https://example.org",)


class TestLayout:
    def read(self, layout, **settings):
        return AppSettings.from_json({"layout": layout, **settings}).layout

    def test_a_cell_has_one_place(self):
        assert self.read([[{"cell": "a"}], [{"cell": "a"}, {"cell": "b", "span": 3}]]) == (
            (Slot("a"),),
            (Slot("b", 3),),
        )

    def test_what_does_not_fit_begins_the_next_row(self):
        rows = self.read([[{"cell": "a", "span": 7}, {"cell": "b", "span": 6}, {"cell": "c", "span": 6}]])
        assert rows == ((Slot("a", 7),), (Slot("b", 6), Slot("c", 6)))

    @pytest.mark.parametrize("span", [0, 13, -1, "6", None, 2.5, True])
    def test_a_span_outside_the_columns_is_the_whole_row(self, span):
        assert self.read([[{"cell": "a", "span": span}]]) == ((Slot("a", 12),),)

    def test_a_tab_that_is_not_there_is_the_first(self):
        tabs = [{"id": "t", "title": "T"}]
        assert self.read([[{"cell": "a", "tab": "t"}], [{"cell": "b", "tab": "u"}]], tabs=tabs) == (
            (Slot("a", 12, "t"),),
            (Slot("b", 12, ""),),
        )

    def test_cells_of_two_tabs_share_no_row(self):
        tabs = [{"id": "t", "title": "T"}]
        rows = self.read([[{"cell": "a", "span": 6, "tab": "t"}, {"cell": "b", "span": 6}]], tabs=tabs)
        assert rows == ((Slot("a", 6, "t"),), (Slot("b", 6),))

    @pytest.mark.parametrize("row", [None, "a", {}, [None, 7, {}, {"cell": 7}, {"cell": ""}]])
    def test_rows_that_are_none_are_left_out(self, row):
        assert self.read([row]) == ()


def test_tabs_need_an_id_of_their_own():
    tabs = [{"id": "a", "title": "A"}, {"id": "a", "title": "B"}, {"id": "b c"}, {"title": "C"}, 7, {"id": "d"}]
    assert AppSettings.from_json({"tabs": tabs}).tabs == (Tab("a", "A"), Tab("d", "Tab 2"))
