"""Small wheels, built by the tests, and an index that serves them."""

from __future__ import annotations

import base64
import hashlib
import http.server
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

Files = Mapping[str, bytes | str]


@dataclass(frozen=True)
class Wheel:
    """A wheel's file, and its line in requirements.txt."""

    path: Path
    pin: str


def make_wheel(
    folder: Path,
    name: str,
    files: Files,
    *,
    tag: str = "py3-none-any",
    points: str = "",
    record: str = "",
) -> Wheel:
    """Return version 1.0; `points` is the text of entry_points.txt, `record` adds to RECORD."""
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{name}-1.0.dist-info"
    contents = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    if points:
        contents[f"{info}/entry_points.txt"] = points
    record += "".join(f"{each},{_told(content)}\n" for each, content in contents.items())
    contents[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n"
    path = folder / f"{name}-1.0-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for each, content in contents.items():
            archive.writestr(zipfile.ZipInfo(each, (2026, 1, 1, 0, 0, 0)), content)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Wheel(path, f"{name}==1.0 --hash=sha256:{digest}\n")


def _told(content: bytes | str) -> str:
    raw = content.encode() if isinstance(content, str) else content
    digest = base64.urlsafe_b64encode(hashlib.sha256(raw).digest()).decode().rstrip("=")
    return f"sha256={digest},{len(raw)}"


@dataclass
class Listener:
    """The requests to a port of this machine, which answers as an index of `folder`'s wheels."""

    folder: Path
    port: int = 0
    asked: list[str] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/simple/"


@contextmanager
def listening(folder: Path) -> Iterator[Listener]:
    """Yield a listener that is open for the block."""
    heard = Listener(folder)

    class Index(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.asked.append(self.path)
            heard.logins.append(self.headers.get("Authorization", ""))
            name = self.path.rstrip("/").rpartition("/")[2]
            if name.endswith(".whl"):
                body, kind = (folder / name).read_bytes(), "application/octet-stream"
            else:
                made = folder.glob(f"{name.replace('-', '_')}-*.whl")
                links = "".join(f'<a href="/files/{each.name}">{each.name}</a>' for each in made)
                body, kind = (
                    f"<!DOCTYPE html><html><body>{links}</body></html>".encode(),
                    "text/html",
                )
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            heard.asked.append(self.path)
            self.send_error(404)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Index) as server:
        heard.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield heard
        finally:
            server.shutdown()
            thread.join()
