"""Mallory's output, in alice's browser, tells nobody outside anything: each way out of a frame, and packets counted."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from contextlib import closing as closing_after

import pytest
from playwright.sync_api import Error

from tests.attacks.frame_ways import ALONE, HEARD, UNHEARD
from tests.outputs.conftest import page, plain_static, site  # noqa: F401  (fixtures)
from tests.outputs.test_frames_browser import serve_frame

pytestmark = [pytest.mark.browser, pytest.mark.django_db]


class Outside:
    """Somebody on the network, who counts: connections, and packets."""

    def __init__(self) -> None:
        self.heard = 0
        self.first = threading.Event()
        self._tcp = socket.create_server(("127.0.0.1", 0))
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", 0))
        self.host, self.udp = (f"127.0.0.1:{one.getsockname()[1]}" for one in (self._tcp, self._udp))
        for hear in (self._connections, self._packets):
            threading.Thread(target=hear, daemon=True).start()

    def addressed(self, markup: str) -> str:
        """The way, with this one's addresses."""
        markup = markup.replace("HTTP", f"http://{self.host}").replace("WS", f"ws://{self.host}")
        return markup.replace("HOST", self.host).replace("UDP", self.udp)

    def close(self) -> None:
        self._udp.close()
        self._tcp.close()

    def _connections(self) -> None:
        with suppress(OSError):  # closed at the end of the test
            while True:
                connection, _ = self._tcp.accept()
                connection.close()
                self._count()

    def _packets(self) -> None:
        with suppress(OSError):
            while True:
                self._udp.recvfrom(2048)
                self._count()

    def _count(self) -> None:
        self.heard += 1
        self.first.set()


@pytest.fixture
def somebody() -> Iterator[Callable[[], Outside]]:
    """A new one for each way, so that what is heard says which it was."""
    with ExitStack() as closing:
        yield lambda: closing.enter_context(closing_after(Outside()))


def test_no_way_leads_out_of_a_frame(page, site, somebody):  # noqa: F811
    tried = {way: somebody() for way in {**HEARD, **UNHEARD}}
    reached = {way: somebody() for way in HEARD}
    _show(page, site, [tried[way].addressed(markup) for way, markup in {**HEARD, **UNHEARD}.items()])
    _show_without_walls(page, site, [reached[way].addressed(markup) for way, markup in HEARD.items()])
    # What went out of the frames, which began earlier, has arrived when these have.
    unheard = [way for way, outside in reached.items() if not outside.first.wait(30)]
    assert unheard == [], "without walls these are not heard either, so nothing is proved about them"
    assert {way: outside.heard for way, outside in tried.items() if outside.heard} == {}


@pytest.mark.parametrize("way", ALONE)
def test_nor_do_those_that_take_the_page_with_them(page, site, somebody, way):  # noqa: F811
    tried, reached = somebody(), somebody()
    # Chromium ends a page in whose frame's frame a connection is made that the list forbids. Nothing is sent.
    with suppress(Error):
        _show(page, site, [tried.addressed(ALONE[way])])
    _show_without_walls(page, site, [reached.addressed(ALONE[way])])
    assert reached.first.wait(30), "without walls it is not heard either, so nothing is proved"
    assert tried.heard == 0


def test_where_the_browser_has_no_list_of_connections_a_frame_has_no_webrtc(page, site):  # noqa: F811
    serve_frame(site, "/frame", "text/html", "<script>window.found = typeof RTCPeerConnection</script>")
    del site.answers["/frame"]["Connection-Allowlist"]
    page.goto(site.page("/page", "<iframe sandbox='allow-scripts' src='/frame'></iframe>"))
    assert page.frames[1].evaluate("() => window.found") == "undefined"


def _show(page, site, markups: list[str]) -> None:  # noqa: F811
    for number, markup in enumerate(markups):
        serve_frame(site, f"/frame-{number}", "text/html", markup)
    frames = (f"<iframe sandbox='allow-scripts' src='/frame-{number}'></iframe>" for number in range(len(markups)))
    page.goto(site.page("/page", "".join(frames)))


def _show_without_walls(page, site, markups: list[str]) -> None:  # noqa: F811
    for number, markup in enumerate(markups):
        serve_frame(site, f"/open-{number}", "text/html", markup)
        answer = site.answers[f"/open-{number}"]
        for header in ("Content-Security-Policy", "Connection-Allowlist", "X-DNS-Prefetch-Control"):
            del answer[header]
        answer.content = answer.content.replace(b"js/frames/closed.js", b"js/frames/none.js")
    frames = (f"<iframe src='/open-{number}'></iframe>" for number in range(len(markups)))
    page.context.new_page().goto(site.page("/open", "".join(frames), policy=False), wait_until="commit")
