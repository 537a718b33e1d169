"""A small site for the browser tests of outputs: an app page, frames, static files, a canary that nothing may reach."""

import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from django.http import HttpResponse

from hexlite.middleware import POLICY

ROOT = Path(__file__).resolve().parent.parent.parent
TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
PAGE = """<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8"><title>App</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/static/vendor/hexlite.css">
<script type="module" src="/static/js/outputs/index.js"></script></head>
<body data-density="calm"><main style="inline-size: 60rem">{body}</main></body></html>"""


@pytest.fixture(autouse=True)
def plain_static(settings):
    """Static files by their own names, whether they were collected or not."""
    backend = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": backend}}


@dataclass
class Request:
    path: str
    cookie: str
    origin: str


@dataclass
class Site:
    """`answers`: what addresses return; an address in `held` waits until its event is set."""

    answers: dict[str, HttpResponse] = field(default_factory=dict)
    held: dict[str, threading.Event] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    url: str = ""
    canary: str = ""
    canary_hits: list[str] = field(default_factory=list)

    def page(self, path: str, body: str, *, policy: bool = True) -> str:
        """An app page with the product's policy (or with none, to see what the markup does by itself)."""
        response = HttpResponse(PAGE.format(body=body))
        if policy:
            response["Content-Security-Policy"] = POLICY.format(sockets="", ancestors="'none'")
        response["Set-Cookie"] = "sessionid=secret; Path=/; SameSite=Lax"
        self.answers[path] = response
        return self.url + path

    def asked(self, path: str) -> list[Request]:
        return [request for request in self.requests if request.path.split("?")[0] == path]


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.split("?")[0]
            site.requests.append(Request(self.path, self.headers.get("Cookie", ""), self.headers.get("Origin", "")))
            if path in site.held:
                site.held[path].wait(20)
            if path.startswith("/static/"):
                return self._static(path)
            answer = site.answers.get(path)
            if answer is None:
                return self._send(404, {}, b"")
            return self._send(answer.status_code, dict(answer.items()), answer.content)

        do_POST = do_GET

        def _static(self, path: str) -> None:
            file = ROOT / path.lstrip("/")
            if not re.fullmatch(r"[\w./-]+", path) or ".." in path or not file.is_file():
                return self._send(404, {}, b"")
            kind = TYPES.get(file.suffix, "application/octet-stream")
            # As WhiteNoise serves them.
            return self._send(200, {"Content-Type": kind, "Access-Control-Allow-Origin": "*"}, file.read_bytes())

        def _send(self, status: int, headers: dict[str, str], content: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments: object) -> None:
            """The requests are kept in `site`."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    site.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    canary = _listen(site)
    site.canary = f"http://127.0.0.1:{canary.getsockname()[1]}"
    yield site
    for event in site.held.values():
        event.set()
    server.shutdown()
    server.server_close()
    canary.close()


def _listen(site: Site) -> socket.socket:
    """Hears whoever connects, by whatever protocol."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return  # closed at the end of the test
            with connection:
                connection.settimeout(1)
                try:
                    site.canary_hits.append(connection.recv(200).decode("latin-1"))
                except OSError:
                    site.canary_hits.append("a connection")

    threading.Thread(target=accept, daemon=True).start()
    return listener


@pytest.fixture
def page(chromium, site) -> Iterator:
    context = chromium.new_context(viewport={"width": 1100, "height": 900})
    page = context.new_page()
    page.set_default_timeout(30_000)
    yield page
    context.close()
