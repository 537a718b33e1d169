"""A file, a chart or two notebooks that take too long cost whoever brought them a sentence, and nobody else a thing."""

import base64
import json

import pytest
from PIL import Image

from apps_runtime.models import Blob
from apps_runtime.outputs import frames, page_pictures, store
from apps_runtime.outputs.representations import FrameKind
from apps_runtime.outputs.serving import frame_response
from apps_runtime.pages import thumbnails
from projects import confined
from projects.file_previews.preview import LookKind
from projects.models import Project
from projects.notebook import difference
from projects.notebook.document import Cell, CellKind, Notebook
from projects.notebook.files.unreadable import UnreadableNotebook
from projects.services import comparing, file_previews, files, imports
from tests.attacks import stuck_texts

pytestmark = pytest.mark.django_db

FILE = json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def test_a_file_that_takes_too_long_is_refused_and_nothing_is_made(monkeypatch, cast):
    monkeypatch.setattr(imports.reading, "read", stuck_texts.never)
    monkeypatch.setattr(imports, "SECONDS", 0.3)
    before = Project.objects.count()
    with pytest.raises(UnreadableNotebook, match=r'"slow\.ipynb" takes too long|too much to do'):
        imports.import_file(name="slow.ipynb", content=FILE, workspace=cast.workspace, by=cast.mallory)
    assert Project.objects.count() == before


def test_a_file_that_breaks_its_reader_is_refused(monkeypatch, cast):
    monkeypatch.setattr(imports.reading, "read", stuck_texts.breaks)
    with pytest.raises(UnreadableNotebook, match="can't be read as a notebook"):
        imports.read("odd.ipynb", FILE)


def test_many_outputs_that_take_too_long_cost_a_few_of_them(monkeypatch):
    monkeypatch.setattr(store, "shape_of", stuck_texts.breaks)
    asked = []
    ask = confined.call
    monkeypatch.setattr(store.confined, "call", lambda *args, **named: asked.append(args) or ask(*args, **named))
    outputs = [{"output_type": "display_data", "data": {"text/html": f"<p>{n}"}, "metadata": {}} for n in range(20)]
    assert len(store.put(outputs)) == 20
    assert len(asked) == store.MOST_FAILURES


def test_a_look_that_takes_too_long_shows_no_table(monkeypatch, cast):
    files.save(project=cast.project, folder=files.TOP, name="slow.csv", content=[b"a,b\n1,2\n"], by=cast.alice)
    monkeypatch.setattr(file_previews, "look_inside", stuck_texts.never)
    monkeypatch.setattr(file_previews, "SECONDS", 0.3)
    (entry,) = files.entries(cast.project)
    assert file_previews.look(cast.project, entry.path).look.kind is LookKind.TOO_LARGE


def test_two_notebooks_that_take_too_long_are_said_to_be_unknown(monkeypatch):
    monkeypatch.setattr(difference, "compare", stuck_texts.never)
    monkeypatch.setattr(comparing, "SECONDS", 0.3)
    one, other = (Notebook((Cell("a", CellKind.CODE, text),)) for text in "xy")
    found = comparing.compare(one, other)
    assert found.summary == "What differs between these two could not be worked out"
    assert not found.is_empty


def test_two_notebooks_are_compared_as_ever(cast):
    notebook = cast.project.app_draft.notebook
    other = notebook.replace_source(next(cell.id for cell in notebook.cells if cell.kind is CellKind.CODE), "x = 2")
    assert comparing.compare(notebook, other) == difference.compare(notebook, other)


def test_two_texts_that_take_too_long_are_one_gone_and_one_come(monkeypatch):
    monkeypatch.setattr(difference, "compare_texts", stuck_texts.never)
    monkeypatch.setattr(comparing, "SECONDS", 0.3)
    found = comparing.compare_texts("a\nb", "c")
    assert [(str(line.kind), line.text) for line in found.lines] == [("was", "a"), ("was", "b"), ("is", "c")]


def test_a_frame_that_takes_too_long_says_so(monkeypatch):
    monkeypatch.setattr(frames, "parts", stuck_texts.never)
    monkeypatch.setattr(frames, "SECONDS", 0.3)
    html = frames.document(FrameKind.HTML, "<script>1</script>", theme="")
    assert "takes too long" in html or "too much to draw" in html


def test_a_frame_is_as_it_came():
    (stored,) = store.put(
        [{"output_type": "display_data", "data": {"text/html": "<script>1</script>"}, "metadata": {}}]
    )
    blob = Blob.objects.get(pk=next(store.references([stored]))["sha256"])
    assert "<script>1</script>" in frame_response(blob).content.decode()


def test_a_chart_of_any_shape_is_no_thumbnail_or_one():
    for odd in ([], 7, {"data": 7}, {"data": [{"x": [10**400], "y": [1]}]}, {"data": [{"marker": [], "x": {}}]}):
        data = {"application/vnd.plotly.v1+json": odd}
        (stored,) = store.put([{"output_type": "display_data", "data": data, "metadata": {}}])
        thumbnails._of_outputs([stored])


def test_a_picture_that_is_none_makes_no_picture(tmp_path):
    assert confined.call(page_pictures.of_image, "PNG", b"\x89PNG\r\n\x1a\n" + b"x" * 500) is None
    Image.new("RGBA", (300, 200), "#f00").save(tmp_path / "a.png")
    assert confined.call(page_pictures.of_image, "PNG", (tmp_path / "a.png").read_bytes())[:4] == b"\x89PNG"
    huge = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAA//8AAP//CAYAAAA=") + b"\0" * 40
    assert confined.call(page_pictures.of_image, "PNG", huge) is None
