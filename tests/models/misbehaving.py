"""A server on this machine that behaves as badly as servers do."""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import threading

import pytest

from visualizer.models import download, transfer
from visualizer.models.download import RemoteFile

CONTENT = bytes(range(256)) * 8192  # 2 MiB
TITLE = "TestNet"
PATIENCE = 20
"""Seconds until the server gives up being silent, which it then counts in `outwaited`."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        server = self.server
        server.requests.append(self.headers.get("Range"))
        behaviour = server.behaviours.pop(0) if server.behaviours else "whole"
        if behaviour == "late":
            self._hold(server.answer)
        if behaviour == "silent":
            self._hold(server.released)
            self.close_connection = True
        elif behaviour == "missing":
            self.send_error(404)
        elif behaviour.startswith("send on to "):
            self._send_head(302, ("Location", behaviour.removeprefix("send on to ")))
        elif behaviour == "drips":
            self._send_head(200, length=len(CONTENT))
            while not server.released.wait(0.05):
                self.wfile.write(b"x")
            self.close_connection = True
        else:
            self._send_file(behaviour)

    def _hold(self, event):
        if not event.wait(PATIENCE):
            self.server.outwaited += 1

    def _send_head(self, status, *headers, length=0):
        self.send_response(status)
        for name, value in (*headers, ("Content-Length", str(length))):
            self.send_header(name, value)
        self.end_headers()

    def _send_file(self, behaviour):
        body = b"<html>Please log in</html>" if behaviour == "login page" else CONTENT
        start = 0
        wanted = self.headers.get("Range")
        if wanted and behaviour != "no ranges":
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        if start and start >= len(body):
            self._send_head(416, ("Content-Range", f"bytes */{len(body)}"))
            return
        self._send_head(206 if start else 200, length=len(body) - start)
        if behaviour == "cut":
            self.wfile.write(body[start : start + len(body) // 3])
            self.close_connection = True
        elif behaviour in ("stalls", "stuck"):
            self.wfile.write(body[start : start + len(body) // 3] if behaviour == "stalls" else b"")
            self.wfile.flush()
            self._hold(self.server.released)
        elif behaviour == "pauses":
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            self._hold(self.server.answer)
            self.wfile.write(body[len(body) // 2 :])
        else:
            self.wfile.write(body[start:])

    def handle(self):
        with contextlib.suppress(ConnectionError):
            super().handle()

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.requests, server.behaviours, server.outwaited = [], [], 0
    server.released, server.answer = threading.Event(), threading.Event()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.released.set()
    server.answer.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("VISUALIZER_HOME", str(tmp_path / "home"))
    monkeypatch.delenv(download.MIRROR, raising=False)
    for proxy in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(proxy, raising=False)
    monkeypatch.setattr(transfer, "READ_SECONDS", 2.0)
    monkeypatch.setattr(transfer, "CONNECT_SECONDS", 2.0)
    return download.cache_folder()


def remote(server, content=CONTENT, algorithm="sha256") -> RemoteFile:
    digest = hashlib.new(algorithm, content).hexdigest()
    return RemoteFile(f"http://127.0.0.1:{server.server_port}/weights.h5", f"{algorithm}:{digest}")


def finish(fetching):
    """Run a generator to its end; returns (what it returned, what it yielded)."""
    seen = []
    while True:
        try:
            seen.append(next(fetching))
        except StopIteration as end:
            return end.value, seen
