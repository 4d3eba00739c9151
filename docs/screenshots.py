"""Makes the README's pictures from a real run on the embedded emulator: `make screenshots`.

The commands run in this process, so that rich can export what it drew.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.pop("NO_COLOR", None)

from provision import local  # noqa: E402
from provision.access import Access  # noqa: E402
from provision.aws import Aws  # noqa: E402
from provision.commands.agreement import Agreement  # noqa: E402
from provision.commands.down import down  # noqa: E402
from provision.commands.invocation import Invocation  # noqa: E402
from provision.commands.session import Session  # noqa: E402
from provision.commands.status import status  # noqa: E402
from provision.commands.up import up  # noqa: E402
from provision.consent import Consent  # noqa: E402
from provision.opening import Options  # noqa: E402
from tests.pictures import console  # noqa: E402

PICTURES = ROOT / "docs" / "pictures"
PORT = 4577
AGREED = Agreement(yes=True, confirm=None)


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="tap-") as folder:
        home = Path(folder)
        shutil.copy(ROOT / "config.yaml", home)
        for source in ("function", "layer"):
            shutil.copytree(ROOT / source, home / source)
        options = Options(home / "config.yaml", "local", local_port=PORT)
        try:
            picture("up", "provision up --local --yes", options, make)
            send_traffic()
            picture("status", "provision status --local", options, show)
            last = session(options, console(), "provision down --local --yes --destroy-data")
            down(last, AGREED, Consent(destroy_data=True), workers=8)
        finally:
            local.reset(home / ".provision" / "emulator")


def send_traffic() -> None:
    """Some direct invocations: the emulator counts no others."""
    access = Access(
        "us-east-1", endpoint=f"http://127.0.0.1:{PORT}", credentials=local.CREDENTIALS, paced=False
    )
    event = {"resource": "/items", "path": "/items", "httpMethod": "GET", "headers": {}}
    payload = json.dumps(event | {"requestContext": {"requestId": "1", "stage": "v1"}}).encode()
    for _ in range(25):
        Aws(access).lambda_.invoke(FunctionName="tap-local-items", Payload=payload)


def make(session: Session) -> None:
    up(session, AGREED, adopt=(), destroy=(), backup=True, workers=8)


def show(session: Session) -> None:
    status(session, watch=False, check=False)


def session(options: Options, screen: Console, typed: str) -> Session:
    program, *words = typed.split()
    call = Invocation(tuple(words), program, verb=words[0])
    return Session(options, call=call, errors=screen, results=screen)


def picture(name: str, title: str, options: Options, run: Callable[[Session], None]) -> None:
    screen = console()
    run(session(options, screen, title))
    screen.save_svg(str(PICTURES / f"{name}.svg"), title=title)
    print(PICTURES / f"{name}.svg")  # noqa: T201


if __name__ == "__main__":
    main()
