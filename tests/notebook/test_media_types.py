"""Names of media types (projects.notebook.files.media_types)."""

import json

import pytest

from apps_runtime.outputs.content import clean_bundle
from projects.notebook.files import ipynb
from projects.notebook.files.media_types import proper

ALTAIR_6 = "application/vnd.vegalite.v6.json"


@pytest.mark.parametrize(
    ("media_type", "value", "name"),
    [
        (ALTAIR_6, {"mark": "bar"}, "application/vnd.vegalite.v6+json"),
        (ALTAIR_6, "{}", ALTAIR_6),
        (ALTAIR_6, ["{", "}"], ALTAIR_6),
        ("application/vnd.vegalite.v5+json", {}, "application/vnd.vegalite.v5+json"),
        ("application/json", {}, "application/json"),
        ("text/plain", "x", "text/plain"),
    ],
)
def test_only_objects_get_the_name_of_json(media_type, value, name):
    assert proper(media_type, value) == name


def test_a_file_that_jupyter_saved_with_altair_6_is_read():
    output = {"output_type": "display_data", "metadata": {}, "data": {ALTAIR_6: {"mark": "bar"}, "text/plain": "chart"}}
    cell = {
        "cell_type": "code",
        "id": "a",
        "metadata": {},
        "source": "chart",
        "execution_count": 1,
        "outputs": [output],
    }
    document = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    [found] = ipynb.read(json.dumps(document).encode(), "chart.ipynb").outputs["a"]
    assert found["data"] == {"application/vnd.vegalite.v6+json": {"mark": "bar"}, "text/plain": "chart"}


def test_a_chart_from_a_kernel_is_kept_by_the_same_name():
    assert clean_bundle({ALTAIR_6: {"mark": "bar"}}).data == {"application/vnd.vegalite.v6+json": {"mark": "bar"}}
