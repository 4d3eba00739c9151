"""Runs the commands of docs/operate.md again and puts what they print there: `make day`.

In the page, a block that begins with `$ ` is typed in a terminal, in a project that `provision
init` made; a comment such as `<!-- day: the fault is mended -->` is something that happens before.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import boto3

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from docs.screenshots import tool, variables  # noqa: E402
from tests.integration.terminal.terminal import Size, Terminal  # noqa: E402

PAGE: Final = ROOT / "docs" / "operate.md"
WINDOW: Final = Size(400, 60)
"""So wide that no line is wrapped; screens with a layout are at most 100 wide."""
FRAME: Final = re.compile(
    r'^(.*?)  File "[^"\n]*(?:_worker\.py|/layer_\d+/)[^\n]*\n(?:\1    [^\n]*\n)*', re.MULTILINE
)
"""A frame of a traceback in the emulator or in a package, after the beginning of its line."""
MANY: Final = re.compile(r"^(.*  …)\n(?:\1\n)+", re.MULTILINE)
FAULT: Final = ("item = store.read(item_id)", 'item = store.read({"id": item_id}["name"])')
"""The code that reads an item, and a fault in it."""
PART: Final = re.compile(r"<!-- day: (?P<what>.*?) -->|```\n(?P<block>\$ .*?)```", re.DOTALL)


@dataclass(frozen=True)
class Shop:
    """The project, and what happens to it besides the commands of the page."""

    folder: Path

    def run(self, *words: str) -> str:
        """Run a command of the tool without a terminal and return its stdout."""
        return subprocess.run(
            [tool(), *words],
            cwd=self.folder,
            env=variables(),
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def ask(self, method: str, path: str, *, key: str = "", body: bytes | None = None) -> str:
        """Send a request to the API and return the answer's text, whatever its status."""
        endpoint = self.run("outputs", "api_endpoint", "--local").strip()
        headers = {"content-type": "application/json", "user-agent": "curl/8.9.1"}
        headers |= {"x-api-key": key} if key else {}
        request = urllib.request.Request(  # noqa: S310  (the emulator's own address)
            endpoint + path, method=method, headers=headers, data=body
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return str(error.read().decode())

    def key(self) -> str:
        return self.run("outputs", "api_key", "--local").strip()

    def wait(self, done: Callable[[], bool]) -> None:
        """Wait until it is so, at most two minutes."""
        until = time.monotonic() + 120
        while not done():
            assert time.monotonic() < until, "it did not happen"
            time.sleep(1)

    def change(self, file: str, old: str, new: str) -> None:
        """Edit the project's code."""
        path = self.folder / "function" / file
        text = path.read_text("utf-8")
        assert old in text, f"{file} has no {old}"
        path.write_text(text.replace(old, new, 1), "utf-8")


def events_fail(shop: Shop) -> None:
    """Queue two events that the function does not know, and wait until they are dead letters."""
    for event in ({"source": "import", "id": 42}, {"source": "exprot", "id": 43}):
        shop.run("invoke", "items", "--async", "--payload", json.dumps(event), "--local")
    shop.wait(lambda: '"waiting": 2' in shop.run("dlq", "--json", "--local"))


def imports_are_known(shop: Shop) -> None:
    known = 'if event.get("source") == "import":\n        return {}\n    '
    shop.change("app.py", "if not _is_request(event):", f"{known}if not _is_request(event):")
    shop.run("push", "--local")


def callers_meet_a_fault(shop: Shop) -> None:
    """Push code that fails for every item that is read, and call it."""
    shop.change("app.py", *FAULT)
    shop.run("push", "--local")
    key = shop.key()
    shop.ask("POST", "/items", key=key, body=b'{"id": "42", "name": "tea"}')
    shop.ask("GET", "/items", key=key)
    shop.ask("GET", "/items/42", key=key)
    shop.ask("GET", "/items")
    shop.wait(lambda: "its log:" in shop.run("status", "--local"))


def response_is_changed(shop: Shop) -> None:
    """Take a header from the answers that API Gateway gives by itself, as in the console."""
    endpoint = urlsplit(shop.run("outputs", "api_endpoint", "--local").strip())
    gateway = boto3.client(
        "apigateway",
        endpoint_url=f"http://{endpoint.netloc}",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106  (the emulator's)
    )
    api = endpoint.path.split("/")[2]
    found = gateway.get_gateway_response(restApiId=api, responseType="DEFAULT_5XX")
    kept = {
        name: value
        for name, value in found["responseParameters"].items()
        if not name.endswith("Allow-Origin")
    }
    gateway.put_gateway_response(
        restApiId=api,
        responseType="DEFAULT_5XX",
        responseParameters=kept,
        responseTemplates=found["responseTemplates"],
    )


def the_fault_is_mended(shop: Shop) -> None:
    shop.change("app.py", *reversed(FAULT))


HAPPENS: Final[Mapping[str, Callable[[Shop], None]]] = {
    "two events fail": events_fail,
    "imports are known": imports_are_known,
    "callers meet a fault": callers_meet_a_fault,
    "the fault is mended": the_fault_is_mended,
    "a gateway response is changed by hand": response_is_changed,
}
"""What the comments of the page say, and what is done."""


def typed(shop: Shop, line: str) -> str:
    """Type a line at a shell and return what the terminal shows, without frames of packages."""
    with Terminal(["/bin/sh", "-c", line], shop.folder, variables(), WINDOW) as terminal:
        terminal.end()
    text = re.sub(r'(?<=")/[^"\n]*/(?=code/)', "…/", FRAME.sub(r"\1  …\n", terminal.text))
    text = MANY.sub(r"\1\n", text.replace(str(shop.folder), "/home/me/shop"))
    return "\n".join(each.rstrip() for each in text.splitlines())


def main() -> None:
    """Run the page from its top and write what its commands print."""
    with tempfile.TemporaryDirectory(prefix="day-") as folder:
        shop = Shop(Path(folder) / "shop")
        shop.folder.mkdir()
        shop.run("init", "--name", "shop", "--region", "us-east-1", "--template", "items")
        try:
            shop.run("up", "--local", "--yes")
            PAGE.write_text(
                PART.sub(lambda part: again(shop, part), PAGE.read_text("utf-8")), "utf-8"
            )
        finally:
            subprocess.run([tool(), "local", "reset"], cwd=shop.folder, check=False)


def again(shop: Shop, part: re.Match[str]) -> str:
    """Do what a comment says, or run the commands of a block; return the part with their output."""
    if part["what"]:
        HAPPENS[part["what"]](shop)
        return part[0]
    lines = [line[2:] for line in part["block"].splitlines() if line.startswith("$ ")]
    shown = "\n".join(f"$ {line}\n{typed(shop, line)}" for line in lines)
    return f"```\n{shown}\n```"


if __name__ == "__main__":
    main()
