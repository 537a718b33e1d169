"""The files page and its addresses."""

import html

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from projects.models import Project
from tests.cast import published
from tests.files.folders import put
from tests.markup import flat

pytestmark = pytest.mark.django_db


def address(project: Project, name: str = "files", *more) -> str:
    return reverse(name, args=[project.workspace.slug, project.pk, *more])


@pytest.fixture
def bob(client, cast):
    client.force_login(cast.bob)
    return client


def test_it_lists_the_folder_and_says_what_the_app_gives_away(bob, cast):
    published(cast)
    put(cast.project, "data.csv")
    put(cast.project, ".env")
    page = flat(html.unescape(bob.get(address(cast.project)).content.decode()))
    assert "can download 1 of these 2 files" in page
    assert "4 people" in page
    assert "Kept back: hidden name" in page
    cast.project.visibility = Project.Visibility.LINK
    cast.project.save()
    assert "everyone with the link" in bob.get(address(cast.project)).content.decode()


def test_an_unpublished_project_gives_nothing_away(bob, cast):
    put(cast.project, "data.csv")
    assert "can download 1 of" not in bob.get(address(cast.project)).content.decode()


def test_names_and_contents_are_text(bob, cast):
    evil = "<img src=x onerror=alert(1)>"
    put(cast.project, f"{evil}.csv", f"{evil},b\n{evil},2\n".encode())
    page = bob.get(address(cast.project), {"file": f"{evil}.csv"}).content.decode()
    assert evil not in page
    assert html.escape(evil) in page


def test_carol_looks_and_changes_nothing(client, cast):
    put(cast.project, "data.csv")
    client.force_login(cast.carol)
    page = client.get(address(cast.project), {"file": "data.csv"}).content.decode()
    assert "data.csv" in page and "Delete" not in page and "data-upload" not in page
    for name in ("files", "files-folder", "files-rename", "files-delete", "files-restore", "upload-begin"):
        assert client.post(address(cast.project, name)).status_code == 403, name


def test_dave_is_told_what_it_takes(client, cast):
    client.force_login(cast.dave)
    assert client.get(address(cast.project)).status_code == 403


def test_a_folder_that_is_not_there_answers_404(bob, cast):
    for folder in ("nowhere", "..", "/etc", "../x"):
        assert bob.get(address(cast.project), {"folder": folder}).status_code == 404


def test_uploading_without_a_script(bob, cast):
    files = [SimpleUploadedFile("one.csv", b"1"), SimpleUploadedFile("two.csv", b"2" * 2_000_000)]
    answer = bob.post(address(cast.project), {"folder": "", "files": files})
    assert answer.status_code == 302
    assert (cast.project.files_dir / "two.csv").stat().st_size == 2_000_000
    refused = bob.post(address(cast.project), {"files": [SimpleUploadedFile("one.csv", b"again")]})
    assert refused.status_code == 409
    assert "There is a “one.csv” already." in html.unescape(refused.content.decode())


def test_uploading_in_pieces(bob, cast):
    begun = bob.post(address(cast.project, "upload-begin"), {"folder": "", "name": "big.csv", "size": "6"})
    assert begun.status_code == 201
    where = begun.json()["address"]
    sent = bob.put(f"{where}?offset=0", b"abc", content_type="application/octet-stream")
    assert sent.json() == {"offset": 3}
    again = bob.put(f"{where}?offset=0", b"abc", content_type="application/octet-stream")
    assert (again.status_code, again.json()["offset"]) == (409, 3)
    assert bob.get(where).json() == {"offset": 3, "size": 6}
    bob.put(f"{where}?offset=3", b"def", content_type="application/octet-stream")
    assert bob.post(where).json()["path"] == "big.csv"
    assert (cast.project.files_dir / "big.csv").read_bytes() == b"abcdef"
    assert bob.get(where).status_code == 404


def test_a_refusal_names_the_limit(bob, cast):
    begun = bob.post(address(cast.project, "upload-begin"), {"name": "radar.tif", "size": str(140 * 2**20)})
    assert (begun.status_code, begun.json()["sentence"]) == (413, "140 MB, and a file may have 100 MB")


def test_a_cancelled_upload_leaves_nothing(bob, cast):
    where = bob.post(address(cast.project, "upload-begin"), {"name": "x", "size": "6"}).json()["address"]
    assert bob.delete(where).status_code == 204
    assert bob.get(where).status_code == 404


def test_somebody_who_lost_can_edit_can_not_go_on(bob, cast):
    where = bob.post(address(cast.project, "upload-begin"), {"name": "x", "size": "6"}).json()["address"]
    cast.project.projectusergrant_set.filter(user=cast.bob).delete()
    assert bob.put(f"{where}?offset=0", b"abc").status_code == 404


def test_folder_rename_delete_and_undo(bob, cast):
    bob.post(address(cast.project, "files-folder"), {"folder": "", "name": "raw"})
    put(cast.project, "raw/x.csv")
    renamed = bob.post(address(cast.project, "files-rename"), {"path": "raw/x.csv", "name": "y.csv"})
    assert renamed.json()["path"] == "raw/y.csv"
    gone = bob.post(address(cast.project, "files-delete"), {"path": "raw"}).json()
    assert not (cast.project.files_dir / "raw").exists()
    back = bob.post(address(cast.project, "files-restore"), {"path": gone["path"], "undo": gone["undo"]})
    assert back.status_code == 200
    assert (cast.project.files_dir / "raw/y.csv").exists()
    taken = bob.post(address(cast.project, "files-folder"), {"folder": "", "name": "raw"})
    assert (taken.status_code, taken.json()["taken"]) == (409, True)


def test_it_says_who_uploaded_a_file_until_a_cell_writes_it(bob, cast):
    import os

    bob.post(address(cast.project), {"files": [SimpleUploadedFile("one.csv", b"a\n1\n")]})
    assert "by Bob" in bob.get(address(cast.project), {"file": "one.csv"}).content.decode()
    later = (cast.project.files_dir / "one.csv").stat().st_mtime + 60
    os.utime(cast.project.files_dir / "one.csv", (later, later))
    assert "by Bob" not in bob.get(address(cast.project), {"file": "one.csv"}).content.decode()
