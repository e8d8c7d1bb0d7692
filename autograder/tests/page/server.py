"""A web server for tests: it packs what it sends, counts it, and does wrong where it is told to.

``python -m autograder.tests.page.server FOLDER PROGRAM...`` serves a folder while a program runs; the program finds
the server's address in ``ADDRESS``. To a browser it is a proxy for all other hosts, too: none of them is reached, and
what was asked of them is known.
"""

from __future__ import annotations

import email.utils
import functools
import gzip
import json
import mimetypes
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

PACKED = (".html", ".css", ".js", ".mjs", ".json", ".ipynb", ".svg", ".wasm")  # as plain hosts do
TYPES = {".mjs": "text/javascript", ".js": "text/javascript", ".wasm": "application/wasm"}
CONTROL = "/-/"  # below it: what tests ask of the server itself


@dataclass
class Kept:
    """What the server was asked since it was told to forget, and the faults it has.

    A fault is ``missing``, ``corrupt`` or ``slow``; it holds for the paths in which one of its texts stands.
    """

    asked: list[dict[str, object]] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    faults: dict[str, list[str]] = field(default_factory=dict)

    def has(self, fault: str, path: str) -> bool:
        """Whether a path has this fault now."""
        return any(text in path for text in self.faults.get(fault, []))


class Host(BaseHTTPRequestHandler):
    """A plain host of files: no header that a page could not count on, caches allowed for ten minutes."""

    protocol_version = "HTTP/1.1"
    folder: Path
    kept: Kept

    def do_GET(self) -> None:
        """Serve a file."""
        path = unquote(urlsplit(self.path).path)
        if "://" in self.path and not self.path.startswith(f"http://{self.headers['Host']}/-"):
            self._of_elsewhere(self.path)
        elif path.startswith(CONTROL):
            self._answer(HTTPStatus.OK, json.dumps(vars(self.kept)).encode(), {}, noted=False)
        else:
            self._file(path)

    do_HEAD = do_GET

    def do_CONNECT(self) -> None:
        """Somebody asks for another host."""
        self._of_elsewhere(self.path)

    def do_POST(self) -> None:
        """Forget what was asked, and have these faults from now on."""
        faults = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.kept.faults = faults
        if self.path == f"{CONTROL}forget":
            self.kept.asked, self.kept.elsewhere = [], []
        self._answer(HTTPStatus.OK, b"{}", {}, noted=False)

    def _of_elsewhere(self, what: str) -> None:
        self.kept.elsewhere.append(what)
        self._answer(HTTPStatus.BAD_GATEWAY, b"no network here", {}, noted=False)
        self.close_connection = True

    def _file(self, path: str) -> None:
        found = (self.folder / path.lstrip("/")).resolve()
        if found.is_dir():
            found = found / "index.html"
        if self.kept.has("slow", path):
            time.sleep(1)
        if not found.is_relative_to(self.folder) or not found.is_file() or self.kept.has("missing", path):
            self._answer(HTTPStatus.NOT_FOUND, b"not here", {"Cache-Control": "no-store"})
        elif self.kept.has("corrupt", path):
            data = _body(found, False)
            middle = len(data) // 2
            wrong = data[:middle] + bytes(byte ^ 0xFF for byte in data[middle : middle + 64]) + data[middle + 64 :]
            self._answer(HTTPStatus.OK, wrong, {"Content-Type": _type(found), "Cache-Control": "no-store"})
        else:
            self._whole(found)

    def _whole(self, path: Path) -> None:
        tag = f'"{path.stat().st_mtime_ns:x}-{path.stat().st_size:x}"'
        modified = email.utils.formatdate(path.stat().st_mtime, usegmt=True)
        headers = {"Cache-Control": "max-age=600", "ETag": tag, "Last-Modified": modified, "Content-Type": _type(path)}
        if tag in self.headers.get("If-None-Match", ""):
            self._answer(HTTPStatus.NOT_MODIFIED, b"", headers)
            return
        packed = path.suffix in PACKED and "gzip" in self.headers.get("Accept-Encoding", "")
        headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"} if packed else {}
        self._answer(HTTPStatus.OK, _body(path, packed), headers)

    def _answer(self, status: HTTPStatus, body: bytes, headers: dict[str, str], noted: bool = True) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(body)))
        head = sum(map(len, self._headers_buffer))  # type: ignore[attr-defined]
        if noted:
            self.kept.asked.append({"path": self.path, "status": int(status), "bytes": head + len(body)})
        try:
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)
        except OSError:  # the page has been left meanwhile
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Nothing."""


@functools.cache
def _body(path: Path, packed: bool) -> bytes:
    return gzip.compress(path.read_bytes(), 6, mtime=0) if packed else path.read_bytes()


def _type(path: Path) -> str:
    return TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def start(folder: Path) -> ThreadingHTTPServer:
    """A server of this folder on this machine, running until it is shut down."""
    host = type("Here", (Host,), {"folder": folder.resolve(), "kept": Kept()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), host)
    for path in folder.rglob("*"):
        if path.suffix in PACKED and path.stat().st_size > 100_000:
            _body(path.resolve(), True)  # a host has packed it long before
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def main() -> None:
    """Serve while the program runs, and end as it ended."""
    folder, *program = sys.argv[1:]
    server = start(Path(folder))
    address = f"http://127.0.0.1:{server.server_address[1]}"
    sys.exit(subprocess.run(program, env={**os.environ, "ADDRESS": address}).returncode)


if __name__ == "__main__":
    main()
