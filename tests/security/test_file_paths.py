"""The file address gives what is plainly a file of the project, and tells nothing about the rest (T12, T13)."""

import os
import threading
import time
from contextlib import suppress

import pytest
from django.urls import reverse

from projects import files
from tests.cast import published
from tests.files.folders import put

pytestmark = pytest.mark.django_db

CANARY = b"canary-4f1c"

# What may be in the address, decoded once by Django; each must answer as if nothing were there.
PATHS = [
    "", ".", "..", "/", "//", "/etc/passwd", "/work", "/work/", "/work/../secret.csv", "../secret.csv",
    "../../secret.csv", "data/../../secret.csv", "data/../data.csv", "./data.csv", "data.csv/", "data.csv/.",
    "data//x.csv", "/data.csv", "//data.csv", "..\\secret.csv", "data\\x.csv", "%2e%2e/secret.csv",
    "..%2fsecret.csv", "%2e%2e%2fsecret.csv", "..%252fsecret.csv", "data.csv\0", "data.csv\0.png", "\0", "data.csv\n",
    "\x7f", "․․/secret.csv", "．．/secret.csv", "‥/secret.csv", "..;/secret.csv", "/proc/self/environ", "/dev/zero",
    "file:///etc/passwd", "~/secret.csv", "a" * 300, "a/" * 40 + "data.csv", "a" * 5000, "work/data.csv",
    "/workdata.csv", "/work/work/data.csv", "\ud800", "data.csv:stream", " data.csv", "folder",
]  # fmt: skip


@pytest.fixture(params=["openat2", "step by step"])
def how(request, monkeypatch):
    """Both ways of opening: the kernel's, and the one for kernels without it."""
    if request.param == "step by step":
        monkeypatch.setattr(files, "_has_openat2", lambda: False)
    return request.param


@pytest.fixture
def project(cast, how):
    published(cast)
    put(cast.project, "data.csv")
    put(cast.project, "folder/x.csv")
    folder = cast.project.files_dir
    (folder.parent / "secret.csv").write_bytes(CANARY)
    # A sibling whose name begins with the project's: what `startswith` would let through (CVE-2026-35397).
    sibling = folder.parent / f"{folder.name}-other"
    sibling.mkdir()
    (sibling / "secret.csv").write_bytes(CANARY)
    return cast.project


@pytest.fixture
def fetch(client, cast, project):
    client.force_login(cast.alice)

    def get(path: str):
        address = reverse("file", args=[project.workspace.slug, project.pk])
        return client.get(address, {"path": path.encode("utf-8", "surrogatepass")})

    return get


def body(response) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def test_there_are_forty_of_them():
    assert len(set(PATHS)) >= 40


def test_a_path_that_is_no_file_of_the_project_answers_like_one_that_is_not_there(fetch, project):
    nothing = fetch("no-such-file.csv")
    sibling = f"../{project.pk}-other/secret.csv"
    assert nothing.status_code == 404
    for path in [*PATHS, sibling]:
        response = fetch(path)
        assert response.status_code == 404, path
        assert body(response) == nothing.content, path
        assert response.headers.get("Content-Type") == nothing.headers["Content-Type"], path


def test_a_plain_file_is_given_by_its_name_and_by_what_cells_call_it(fetch):
    for path in ["data.csv", "/work/data.csv", "folder/x.csv", "/work/folder/x.csv"]:
        assert body(fetch(path)) == b"a,b\n1,2\n", path


def test_links_pipes_and_second_names_are_not_there(fetch, project):
    folder = project.files_dir
    (folder / "environ.csv").symlink_to("/proc/self/environ")
    (folder / "inside.csv").symlink_to("data.csv")
    (folder / "root").symlink_to("/")
    (folder / "up").symlink_to("..")
    (folder / "magic").symlink_to(f"/proc/{os.getpid()}/cwd")
    os.link(folder.parent / "secret.csv", folder / "hard.csv")
    os.mkfifo(folder / "pipe.csv")
    with (folder / "sparse.csv").open("wb") as file:
        file.truncate(2**40)
    (folder / "dangling.csv").symlink_to("nowhere")
    (folder / "loop.csv").symlink_to("loop.csv")

    nothing = fetch("no-such-file.csv").content
    began = time.monotonic()
    names = ["environ.csv", "inside.csv", "root/etc/passwd", "up/secret.csv", "magic/manage.py", "hard.csv", "pipe.csv"]
    for name in [*names, "sparse.csv", "dangling.csv", "loop.csv", "folder"]:
        response = fetch(name)
        assert (response.status_code, body(response)) == (404, nothing), name
    assert time.monotonic() - began < 5  # A pipe without a writer would block for ever.


def test_swapping_the_name_under_our_hands_never_gives_what_lies_outside(project, how):
    """A cell renames a link over the file and back, as fast as it can, while the file is asked for."""
    folder, outside = project.files_dir, project.files_dir.parent / "secret.csv"
    plain, link, stop = folder / "plain", folder / "link", threading.Event()

    def swap() -> None:
        while not stop.is_set():
            plain.write_bytes(b"mine")
            with suppress(FileExistsError):
                link.symlink_to(outside)
            plain.rename(folder / "x.csv")
            link.rename(folder / "x.csv")

    swapper = threading.Thread(target=swap)
    swapper.start()
    seen = set()
    try:
        for _ in range(500):
            try:
                opened = files.open_file(folder, files.PurePosixPath("x.csv"), largest=1000)
            except files.NoSuchFile:
                seen.add("nothing")
                continue
            with os.fdopen(opened.descriptor, "rb") as file:
                seen.add(file.read())
    finally:
        stop.set()
        swapper.join()
    assert CANARY not in seen
    assert seen <= {"nothing", b"mine", b""}
