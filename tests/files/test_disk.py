"""What a folder takes on the disk, whatever the code that writes there does to its names."""

import os
import stat

import pytest

from projects.disk import DEEPEST, Taken, measure

KIB = 1024


def bytes_of(folder, **wish) -> int:
    return measure(folder, **wish).bytes - folder.stat().st_blocks * 512


def test_files_folders_and_their_number(tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "a").write_bytes(os.urandom(20 * KIB))
    found = measure(tmp_path)
    assert (found.files, found.too_deep) == (2, False)
    assert 20 * KIB <= found.bytes <= 32 * KIB


def test_nothing_is_there(tmp_path):
    assert measure(tmp_path / "gone") == Taken()


def test_sparse_files_and_second_names_take_no_room(tmp_path):
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(2**30)
    (tmp_path / "one").write_bytes(os.urandom(20 * KIB))
    for number in range(50):
        os.link(tmp_path / "one", tmp_path / str(number))
    assert measure(tmp_path).bytes < 64 * KIB


def test_links_are_not_followed(tmp_path):
    (tmp_path / "big").write_bytes(os.urandom(500 * KIB))
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path)
    (folder / "file").symlink_to(tmp_path / "big")
    assert measure(folder).bytes < 64 * KIB


def test_what_was_closed_to_its_owner_is_opened_and_counted(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir()
    (closed / "big").write_bytes(os.urandom(500 * KIB))
    closed.chmod(0)
    assert measure(tmp_path).bytes > 500 * KIB


def test_counting_ends_a_step_above_the_most(tmp_path):
    for number in range(20):
        (tmp_path / str(number)).touch()
    assert measure(tmp_path, most_files=10).files == 11


def test_what_lies_too_deep_is_said_and_not_followed(tmp_path):
    place = tmp_path
    for _ in range(DEEPEST + 1):
        place /= "d"
        place.mkdir()
    assert measure(tmp_path).too_deep
    place.rmdir()
    assert not measure(tmp_path).too_deep


def test_only_what_belongs_to_somebody(tmp_path):
    (tmp_path / "a").touch()
    assert measure(tmp_path, owner=os.geteuid()).files == 1
    assert measure(tmp_path, owner=os.geteuid() + 1).files == 0


@pytest.mark.parametrize("mode", [0o4755, 0o2755, 0o6711])
def test_no_file_keeps_the_right_to_run_as_its_owner(tmp_path, mode):
    file = tmp_path / "file"
    file.touch()
    file.chmod(mode)
    measure(tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == mode & 0o777
