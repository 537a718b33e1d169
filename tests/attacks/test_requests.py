"""Requests as no browser sends them: each costs one line of the log, no traceback, and hardly any room.

Against a real server, whose log is read; and the table of large bodies, walked along the addresses.
"""

import socket
import struct
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.urls import reverse

from hexlite import body_rooms
from projects.models import Project
from tests.running import Hexlite, running_hexlite
from tests.security.addresses import ours, parameters
from tests.security.world import World, make_world

HOST = b"Host: localhost\r\n"
SOCKET = (
    b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
CANARY = "CANARY-7f3a"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"


def get(path: bytes, headers: bytes = HOST) -> bytes:
    return b"GET " + path + b" HTTP/1.1\r\n" + headers + b"\r\n"


def post(path: bytes, headers: bytes, body: bytes = b"") -> bytes:
    return b"POST " + path + b" HTTP/1.1\r\n" + HOST + headers + b"Content-Length: %d\r\n\r\n" % len(body) + body


ODD = {
    "a foreign host": get(b"/", b"Host: evil.example\r\n"),
    "a host with a port that is none": get(b"/", b"Host: localhost:99999999\r\n"),
    "a host of 8 KB": get(b"/", b"Host: " + b"h" * 8000 + b"\r\n"),
    "no host": get(b"/", b""),
    "two hosts": get(b"/", HOST + b"Host: evil.example\r\n"),
    "a foreign host at a health check": get(b"/healthz", b"Host: evil.example\r\n"),
    "a foreign host for a file": get(b"/static/nothing.css", b"Host: evil.example\r\n"),
    "a foreign host at the API": get(b"/api/v1/projects", b"Host: evil.example\r\n"),
    "a foreign host with a form": post(b"/sign-in/", FORM, b"username=a").replace(HOST, b"Host: evil.example\r\n"),
    "a socket that is none": get(b"/ws/nothing/", HOST + SOCKET),
    "a socket at a page": get(b"/sign-in/", HOST + SOCKET),
    "a socket from elsewhere": get(b"/ws/nothing/", HOST + SOCKET + b"Origin: https://evil.example\r\n"),
    "a socket from two places": get(b"/ws/x/", HOST + SOCKET + b"Origin: http://localhost\r\nOrigin: null\r\n"),
    "a socket whose id is none": get(b"/ws/app/not-an-id/", HOST + SOCKET),
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 garbage\r\n\r\n",
    "a method that is none": b"BREW / HTTP/1.1\r\n" + HOST + b"\r\n",
    "a method of WebDAV": b"PROPFIND / HTTP/1.1\r\n" + HOST + b"\r\n",
    "TRACE": b"TRACE /sign-in/ HTTP/1.1\r\n" + HOST + b"\r\n",
    "HTTP of the future": b"GET / HTTP/9.9\r\n" + HOST + b"\r\n",
    "a form without a boundary": post(b"/sign-in/", b"Content-Type: multipart/form-data\r\n", b"x"),
    "a form that is cut": post(
        b"/sign-in/", b"Content-Type: multipart/form-data; boundary=x\r\n", b"--x\r\nContent-Disposition: form-data; na"
    ),
    "a file with a transfer encoding that is none": post(
        b"/sign-in/",
        b"Content-Type: multipart/form-data; boundary=x\r\n",
        b'--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n!!!\r\n--x--\r\n",
    ),
    "a charset that is none": post(b"/sign-in/", b"Content-Type: text/plain; charset=no-such\r\n", b"x"),
    "5,000 fields": post(b"/sign-in/", FORM, b"&".join(b"f%d=1" % number for number in range(5000))),
    "200 files": post(
        b"/sign-in/",
        b"Content-Type: multipart/form-data; boundary=x\r\n",
        b"".join(
            b'--x\r\nContent-Disposition: form-data; name="f"; filename="%d"\r\n\r\n1\r\n' % number
            for number in range(200)
        )
        + b"--x--\r\n",
    ),
    "percent signs that encode nothing": get(b"/%zz%/%"),
    "bytes that are no UTF-8": get(b"/%ff%fe%c0%80?x=%ff"),
    "a NUL": get(b"/%00/x?next=%00"),
    "an address of line feeds": get(b"/%0d%0aX-Evil:%201"),
    "an address of 30 KB": get(b"/" + b"a" * 30_000),
    "a header that is no ASCII": get(b"/", HOST + b"Cookie: \xff\xfe=\xff; =;;\r\nAccept: \xff\r\n"),
    "a session that is none": get(b"/", HOST + b"Cookie: sessionid=" + b"x" * 4000 + b"; csrftoken=x\r\n"),
    "a token that is none": get(b"/api/v1/projects", HOST + b"Authorization: Bearer \xff\r\n"),
    "a length that is none": b"POST /sign-in/ HTTP/1.1\r\n" + HOST + b"Content-Length: many\r\n\r\n",
    "two lengths": b"POST /sign-in/ HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\nContent-Length: 5\r\n\r\nabcde",
    "a chunk that is none": b"POST /sign-in/ HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",
    "JSON that is none": post(b"/api/v1/projects", b"Content-Type: application/json\r\n", b"{"),
    "a form from elsewhere": post(b"/sign-in/", FORM + b"Origin: https://evil.example\r\n", b"username=a&password=b"),
    "a body that is only announced": b"POST /sign-in/ HTTP/1.1\r\n" + HOST + b"Content-Length: 5000\r\n\r\nabc",
    "a body that is larger than announced": b"POST /sign-in/ HTTP/1.1\r\n"
    + HOST
    + b"Content-Length: 200000000\r\n\r\n",
    "a token of an invitation": get(f"/invitation/{CANARY}/?_salary={CANARY}".encode()),
    "a token of an account": get(f"/sign-up/{CANARY}/".encode()),
    "a token of a password": get(f"/password/new/{CANARY}/{CANARY}/".encode()),
    "a token at an address that is none": get(f"/x/hex/y/session/{CANARY}/more?token={CANARY}".encode()),
    "a socket with values": get(f"/ws/nothing/?_salary={CANARY}".encode(), HOST + SOCKET),
}


@pytest.fixture(scope="module")
def running(tmp_path_factory) -> Iterator[Hexlite]:
    with running_hexlite(tmp_path_factory.mktemp("odd") / "var", "--no-demo") as running:
        yield running


@pytest.mark.xdist_group("house")
class TestOfARealServer:
    @pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
    def test_a_line_at_most_and_no_traceback(self, running, odd):
        before = len(log(running))
        send(running, odd)
        for close in ("at once", "with a reset"):
            send(running, odd, leave=close)
        assert answers(running) == 200  # Whatever was to be said about it has been said by now.
        said = log(running)[before:]
        assert "Traceback" not in said and " ERROR " not in said, said
        assert len(said.splitlines()) <= 3, said
        assert CANARY not in log(running)

    @pytest.mark.parametrize("path", ["/", "/sign-in/", "/healthz", "/import/", "/nothing/", "/api/v1/projects"])
    def test_an_endless_body_ends_soon(self, running, path):
        """Chunked: nobody announced how long it is."""
        with connected(running) as link:
            link.sendall(f"POST {path} HTTP/1.1\r\n".encode() + HOST + b"Transfer-Encoding: chunked\r\n\r\n")
            sent = 0
            try:
                while sent < 64 * 2**20:
                    link.sendall(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
                    sent += 0x10000
            except OSError:
                pass
        # What was on its way in the buffers of two sockets, beside what is allowed.
        assert sent <= body_rooms.LITTLE + 16 * 2**20
        assert answers(running) == 200


def log(running: Hexlite) -> str:
    return (running.folder / "log" / "web.log").read_text()


def connected(running: Hexlite) -> socket.socket:
    return socket.create_connection(("127.0.0.1", running.port), timeout=10)


def send(running: Hexlite, request: bytes, *, leave: str = "when it is answered") -> None:
    with connected(running) as link:
        try:
            link.sendall(request)
            link.shutdown(socket.SHUT_WR) if leave == "when it is answered" else None
            if leave == "when it is answered":
                while link.recv(65536):
                    pass
        except OSError:
            pass  # It hung up first, as it may.
        if leave == "with a reset":
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def answers(running: Hexlite) -> int:
    connection = HTTPConnection("127.0.0.1", running.port, timeout=20)
    try:
        connection.request("GET", "/healthz", headers={"Host": "localhost"})
        return connection.getresponse().status
    finally:
        connection.close()


class TestOfTheTable:
    @pytest.fixture
    def world(self, db) -> World:
        return make_world()

    @pytest.fixture
    def public(self, world) -> World:
        world.project.visibility = Project.Visibility.PUBLIC
        world.project.save(update_fields=["visibility"])
        return world

    def test_a_strangers_body_is_small_wherever_it_is_sent(self, public):
        rooms = {name: body_rooms.room_of(scope(public, name)) for name in ours()}
        upload = rooms.pop("session-upload")
        assert upload.stranger and upload.most == settings.HEXLITE_STRANGER_FILE_BYTES + body_rooms.AROUND_IT
        assert {name: room.most for name, room in rooms.items()} == dict.fromkeys(rooms, body_rooms.LITTLE)

    def test_so_is_that_of_somebody_who_signed_in_and_has_nothing_there(self, world):
        rooms = {name: body_rooms.room_of(scope(world, name, as_=world.cast.mallory)).most for name in ours()}
        assert rooms.pop("project-import") == body_rooms.larges()["project-import"].most
        assert rooms == dict.fromkeys(rooms, body_rooms.LITTLE)

    def test_those_who_may_use_it_may_send_it(self, world):
        for name, large in body_rooms.larges().items():
            assert body_rooms.room_of(scope(world, name, as_=world.cast.bob)).most == large.most, name

    def test_every_name_is_an_address(self):
        assert set(body_rooms.larges()) <= set(ours())

    def test_the_admin_and_what_is_no_address_take_a_little(self, world):
        for path in ("/admin/login/", "/nothing", "/%00", "/" + "x" * 5000):
            assert body_rooms.room_of({**scope(world, "home"), "path": path}).most == body_rooms.LITTLE

    def test_a_stranger_reads_that_there_is_no_room_before_he_sends_anything(self, public, settings):
        settings.HEXLITE_STRANGERS_BYTES = 10
        room = body_rooms.room_of(scope(public, "session-upload"))
        assert room.most == body_rooms.LITTLE and "no room for more" in room.why


def scope(world: World, name: str, as_=None) -> dict:
    values = {**world.children, "workspace": world.project.workspace.slug, "project_id": world.project.pk}
    values |= {"token_id": 1, "uidb64": "x", "name": "x"}
    arguments = {parameter: values[parameter] for parameter in parameters(name)}
    cookies = []
    if as_ is not None:
        session = SessionStore()
        session["_auth_user_id"] = str(as_.pk)
        session["_auth_user_backend"] = "sharing.backends.NameOrEmail"
        session["_auth_user_hash"] = as_.get_session_auth_hash()
        session.save()
        cookies = [(b"cookie", f"{settings.SESSION_COOKIE_NAME}={session.session_key}".encode())]
    path = reverse(name, kwargs=arguments)
    return {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"",
        "headers": [(b"host", b"localhost"), *cookies], "client": ("192.0.2.7", 50_000), "server": ("localhost", 80),
        "scheme": "http", "http_version": "1.1",
    }  # fmt: skip
