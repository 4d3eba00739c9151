"""Makes the README's pictures: `make screenshots`.

The real command line runs in a terminal, on the embedded emulator, and its window is drawn.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from provision import local  # noqa: E402
from provision.aws.access import Access  # noqa: E402
from provision.aws.client import Aws  # noqa: E402
from tests.integration.terminal.terminal import Size, Terminal  # noqa: E402
from tests.support.svg_screens import picture  # noqa: E402

PICTURES = ROOT / "docs" / "pictures"
WINDOW = Size(100, 46)
FUNCTION = "tap-local-items"


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="tap-") as folder:
        home = Path(folder)
        shutil.copy(ROOT / "config.yaml", home)
        for source in ("function", "layer"):
            shutil.copytree(ROOT / source, home / source)
        try:
            draw(home, "up", "provision up --local", answer="y\r")
            live(home)
            draw(home, "status", "provision status --local")
        finally:
            subprocess.run([tool(), "local", "reset"], cwd=home, check=False)


def draw(home: Path, name: str, typed: str, *, answer: str = "") -> None:
    """Draw the window at the end of a command that was typed in it."""
    _, *words = typed.split()
    with Terminal([tool(), *words], home, variables(), WINDOW) as terminal:
        if answer:
            terminal.until("[y/N]:")
            terminal.type(answer)
        if code := terminal.end():
            sys.exit(f"{typed} ended with {code}:\n{terminal.text}")
    path = PICTURES / f"{name}.svg"
    path.write_text(picture(terminal.screen.picture, typed, WINDOW.columns), "utf-8")
    print(path)  # noqa: T201


def variables() -> dict[str, str]:
    """Return the user's variables, but for those that change the target or the picture."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "PROVISION_")) and name not in {"CI", "NO_COLOR", "COLUMNS"}
    }
    path = f"{Path(tool()).parent}{os.pathsep}{os.environ['PATH']}"
    return kept | {"PATH": path, "TERM": "xterm-256color", "COLORTERM": "truecolor"}


def live(home: Path) -> None:
    """Make the stack look as after an hour: some traffic, and a setting changed by hand."""
    emulator = local.running(home / ".provision" / "emulator")
    assert emulator
    access = Access(
        "us-east-1", endpoint=emulator.endpoint, credentials=local.CREDENTIALS, rate_limited=False
    )
    aws = Aws(access)
    event = {"resource": "/items", "path": "/items", "httpMethod": "GET", "headers": {}}
    payload = json.dumps(event | {"requestContext": {"requestId": "1", "stage": "v1"}}).encode()
    for _ in range(25):  # the emulator counts no others
        aws.lambda_.invoke(FunctionName=FUNCTION, Qualifier="live", Payload=payload)
    aws.logs.put_retention_policy(logGroupName=f"/aws/lambda/{FUNCTION}", retentionInDays=1)
    time.sleep(1)


def tool() -> str:
    """Return the command that is installed with this Python."""
    return str(Path(sys.executable).with_name("provision"))


if __name__ == "__main__":
    main()
