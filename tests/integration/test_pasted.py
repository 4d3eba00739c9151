"""The request that `up` prints is run by a shell as it is, for any name of the configuration."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.integration.test_cli import Provision, home, provision

__all__ = ["home", "provision"]  # fixtures

STAND_IN = """#!{python}
import json, sys
with open({file!r}, "a") as told:
    told.write(json.dumps(sys.argv[1:]) + "\\n")
print({answer!r})
"""
NAME = 'it\'s $HOME; `exit 3` "two"  [red]*?{a,b}~.yaml'
"""A configuration's name with all that a shell, or the screen, could interpret."""


def pasted(line: str, folder: Path) -> dict[str, list[Any]]:
    """Run the line in a shell, and return each program's arguments, a list for each call."""
    answers = {"provision": "the-key", "curl": ""}
    told = {program: folder / f"{program}.told" for program in answers}
    for program, answer in answers.items():
        (folder / program).write_text(
            STAND_IN.format(python=sys.executable, file=str(told[program]), answer=answer)
        )
        (folder / program).chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", "-euc", line],
        env={"PATH": f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin", "HOME": "/nowhere"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stderr == ""
    return {
        program: [json.loads(line) for line in file.read_text().splitlines()]
        for program, file in told.items()
    }


def test_the_request_is_sent_with_this_stacks_key(
    account: None, provision: Provision, home: Path
) -> None:
    """curl and `provision` are replaced; their arguments are passed to the real `provision`."""
    Path("config.yaml").rename(NAME)
    made = provision("--config", NAME, "--region", "us-west-2", "up", "--yes")
    assert made.code == 0
    lines = made.out.splitlines()
    outputs = dict(line.split(": ", 1) for line in lines if line.startswith("api_endpoint: "))
    tools = home / "tools"
    tools.mkdir()
    called = pasted(lines[-1], tools)
    url = outputs["api_endpoint"] + "/items"
    assert url.startswith("https://")
    assert url.endswith("/v1/items")
    assert called["curl"] == [["-H", "x-api-key: the-key", url]]
    (asked,) = called["provision"]
    told = provision(*asked)
    assert (told.code, told.err) == (0, "")
    known = provision("--config", NAME, "--region", "us-west-2", "outputs", "--json").json
    (key,) = told.out.splitlines()
    assert key
    assert key != known["api_key_id"]
