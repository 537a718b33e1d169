"""Changing the project's folder through its service."""

import os
import time
from pathlib import PurePosixPath

import pytest

from projects.filenames import BadName, NoSuchFile
from projects.services import file_staging, files, uploads
from projects.services.files import EntryKind, FileTooLarge, NameTaken
from tests.files.folders import put

pytestmark = pytest.mark.django_db
TOP = PurePosixPath()


def save(cast, name="data.csv", content=(b"a\n", b"1\n"), **named):
    return files.save(project=cast.project, folder=TOP, name=name, content=content, by=cast.bob, **named)


def left_behind(cast) -> list:
    """Files of uploads and deletions that are still there."""
    base = cast.project.files_dir.parent
    return [path for path in base.glob(".uploads/**/*") if path.is_file()]


def test_saving_writes_the_pieces_and_notes_who_did_it(cast):
    path = save(cast)
    assert (cast.project.files_dir / path).read_bytes() == b"a\n1\n"
    event = cast.project.audit_events.get(action="uploaded")
    assert (event.by, event.detail) == (cast.bob, {"path": "data.csv", "replaced": False})
    assert left_behind(cast) == []


def test_a_file_of_that_name_is_replaced_only_when_asked(cast):
    save(cast)
    with pytest.raises(NameTaken):
        save(cast, content=[b"new"])
    assert (cast.project.files_dir / "data.csv").read_bytes() == b"a\n1\n"
    save(cast, content=[b"new"], replace=True)
    assert (cast.project.files_dir / "data.csv").read_bytes() == b"new"


def test_a_link_is_never_written_through(cast):
    outside = cast.project.files_dir.parent / "outside"
    cast.project.files_dir.mkdir(parents=True)
    outside.write_bytes(b"theirs")
    (cast.project.files_dir / "data.csv").symlink_to(outside)
    (cast.project.files_dir / "folder").symlink_to(outside.parent)
    with pytest.raises(NameTaken):
        save(cast, replace=True)
    with pytest.raises(NoSuchFile):
        files.save(project=cast.project, folder=PurePosixPath("folder"), name="x", content=[b"mine"], by=cast.bob)
    assert outside.read_bytes() == b"theirs"


def test_a_file_above_the_limit_is_refused_while_it_comes(cast, settings):
    settings.HEXLITE_FILE_BYTES = 10
    taken = []

    def endless():
        while True:
            taken.append(1)
            yield b"12345"

    with pytest.raises(FileTooLarge, match="15 B, and a file may have 10 B"):
        save(cast, content=endless())
    assert len(taken) == 3
    assert files.entries(cast.project) == []
    assert left_behind(cast) == []


def test_what_does_not_fit_the_project_is_refused_and_leaves_nothing(cast, settings):
    settings.HEXLITE_PROJECT_BYTES = 100_000
    save(cast, "one", [b"x" * 60_000])
    with pytest.raises(file_staging.NoRoom, match="98 KB is the most"):
        save(cast, "two", [b"x" * 60_000])
    assert [entry.name for entry in files.entries(cast.project)] == ["one"]
    assert left_behind(cast) == []


def test_what_was_deleted_makes_room_before_an_upload_is_refused(cast, settings):
    settings.HEXLITE_PROJECT_BYTES = 100_000
    files.delete(project=cast.project, path=save(cast, "one", [b"x" * 60_000]), by=cast.bob)
    save(cast, "two", [b"x" * 60_000])
    assert [entry.name for entry in files.entries(cast.project)] == ["two"]


def test_a_nearly_full_disk_takes_nothing_more(cast, monkeypatch):
    monkeypatch.setattr(file_staging, "FREE_DISK", 2**60)
    with pytest.raises(file_staging.NoRoom, match="administrator"):
        save(cast)


def test_the_list_says_what_things_are_without_following_them(cast):
    folder = cast.project.files_dir
    put(cast.project, "b.csv")
    put(cast.project, "figures/one.png")
    (folder / "link").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe")
    os.link(folder / "b.csv", folder / "second.csv")
    kinds = {entry.name: entry.kind for entry in files.entries(cast.project)}
    assert kinds == {
        "figures": EntryKind.FOLDER,
        "b.csv": EntryKind.OTHER,
        "link": EntryKind.OTHER,
        "pipe": EntryKind.OTHER,
        "second.csv": EntryKind.OTHER,
    }
    assert next(iter(kinds)) == "figures"
    with pytest.raises(NoSuchFile):
        files.entries(cast.project, PurePosixPath("link"))


def test_it_counts_what_the_app_gives_away(cast):
    for name in ["a.csv", "figures/map.png", ".env", "clean.py", ".git/config"]:
        put(cast.project, name)
    counted = files.contents(cast.project)
    assert (counted.files, counted.reachable, counted.more) == (5, 2, False)


def test_folders_are_made_renamed_and_filled(cast):
    made = files.make_folder(project=cast.project, folder=TOP, name="raw", by=cast.bob)
    files.save(project=cast.project, folder=made, name="x.csv", content=[b"1"], by=cast.bob)
    files.rename(project=cast.project, path=made, name="clean", by=cast.bob)
    assert [str(entry.path) for entry in files.entries(cast.project, PurePosixPath("clean"))] == ["clean/x.csv"]
    with pytest.raises(NameTaken):
        files.make_folder(project=cast.project, folder=TOP, name="clean", by=cast.bob)
    with pytest.raises(BadName):
        files.rename(project=cast.project, path=PurePosixPath("clean"), name="../up", by=cast.bob)
    with pytest.raises(NoSuchFile):
        files.rename(project=cast.project, path=made, name="other", by=cast.bob)


def test_renaming_never_replaces(cast):
    save(cast, "one"), save(cast, "two")
    with pytest.raises(NameTaken):
        files.rename(project=cast.project, path=PurePosixPath("one"), name="two", by=cast.bob)


def test_deleting_can_be_undone_for_some_minutes(cast, settings):
    put(cast.project, "figures/map.png", b"picture")
    path = PurePosixPath("figures")
    word = files.delete(project=cast.project, path=path, by=cast.bob)
    assert files.entries(cast.project) == []
    files.restore(project=cast.project, path=path, word=word, by=cast.bob)
    assert (cast.project.files_dir / "figures/map.png").read_bytes() == b"picture"
    with pytest.raises(NoSuchFile):
        files.restore(project=cast.project, path=path, word=word, by=cast.bob)

    settings.HEXLITE_FILE_UNDO_SECONDS = 0
    word = files.delete(project=cast.project, path=path, by=cast.bob)
    time.sleep(0.01)  # The clock has to move on; nothing is waited for.
    with pytest.raises(NoSuchFile):
        files.restore(project=cast.project, path=path, word=word, by=cast.bob)


def test_restoring_does_not_replace_what_took_the_name(cast):
    word = files.delete(project=cast.project, path=save(cast), by=cast.bob)
    save(cast, content=[b"new"])
    with pytest.raises(NameTaken):
        files.restore(project=cast.project, path=PurePosixPath("data.csv"), word=word, by=cast.bob)


@pytest.mark.parametrize("word", ["", "../..", "x" * 32, "0" * 32, "/etc"])
def test_a_made_up_word_brings_nothing_back(cast, word):
    with pytest.raises(NoSuchFile):
        files.restore(project=cast.project, path=PurePosixPath("data.csv"), word=word, by=cast.bob)


class TestUploadsInPieces:
    def begin(self, cast, size=10, **named):
        given = {"folder": TOP, "name": "big.csv", "replace": False, "by": cast.bob} | named
        return uploads.begin(project=cast.project, size=size, **given)

    def test_pieces_become_a_file_when_all_are_there(self, cast):
        upload = self.begin(cast)
        found = uploads.find(project=cast.project, name=upload.name, by=cast.bob)
        assert uploads.append(project=cast.project, upload=found, at=0, content=[b"12345"]) == 5
        assert files.entries(cast.project) == []
        with pytest.raises(uploads.OutOfStep) as step:
            uploads.finish(project=cast.project, upload=found, by=cast.bob)
        assert step.value.offset == uploads.offset(project=cast.project, upload=found) == 5
        uploads.append(project=cast.project, upload=found, at=5, content=[b"678", b"90"])
        assert uploads.finish(project=cast.project, upload=found, by=cast.bob) == PurePosixPath("big.csv")
        assert (cast.project.files_dir / "big.csv").read_bytes() == b"1234567890"
        assert left_behind(cast) == []

    def test_a_piece_that_was_sent_twice_counts_once(self, cast):
        upload = self.begin(cast)
        uploads.append(project=cast.project, upload=upload, at=0, content=[b"12345"])
        with pytest.raises(uploads.OutOfStep) as step:
            uploads.append(project=cast.project, upload=upload, at=0, content=[b"12345"])
        assert step.value.offset == 5

    def test_no_more_comes_than_was_said(self, cast, settings):
        upload = self.begin(cast)
        with pytest.raises(uploads.BadPiece):
            uploads.append(project=cast.project, upload=upload, at=0, content=[b"x" * 11])
        settings.HEXLITE_UPLOAD_CHUNK_BYTES = 4
        with pytest.raises(uploads.BadPiece):
            uploads.append(project=cast.project, upload=upload, at=0, content=[b"12345"])

    def test_limits_are_told_before_a_byte_is_sent(self, cast, settings):
        settings.HEXLITE_FILE_BYTES = 100 * 2**20
        with pytest.raises(FileTooLarge, match="140 MB, and a file may have 100 MB"):
            self.begin(cast, size=140 * 2**20)
        settings.HEXLITE_PROJECT_BYTES = 10_000
        with pytest.raises(file_staging.NoRoom):
            self.begin(cast, size=20_000)
        save(cast, "big.csv")
        with pytest.raises(NameTaken):
            self.begin(cast)

    def test_an_upload_belongs_to_its_uploader_and_project(self, cast):
        name = self.begin(cast).name
        for person in (cast.alice, cast.carol):
            with pytest.raises(NoSuchFile):
                uploads.find(project=cast.project, name=name, by=person)
        with pytest.raises(NoSuchFile):
            uploads.find(project=cast.project, name=name[:-1] + "x", by=cast.bob)

    def test_a_cancelled_one_is_gone(self, cast):
        upload = self.begin(cast)
        uploads.cancel(project=cast.project, upload=upload)
        with pytest.raises(NoSuchFile):
            uploads.append(project=cast.project, upload=upload, at=0, content=[b"1"])
        assert left_behind(cast) == []

    def test_what_nobody_goes_on_with_is_removed_after_a_day(self, cast):
        upload = self.begin(cast)
        staged = file_staging.upload(cast.project, upload.word)
        os.utime(staged, (time.time() - 90_000,) * 2)
        self.begin(cast, name="other.csv")
        assert not staged.exists()
