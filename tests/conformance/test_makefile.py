"""The Makefile for its user: the targets it lists, and the port it passes on."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import pytest

from tests.support.sample_stack import ROOT

pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


def make(*words: str, **environment: str) -> str:
    kept = {name: value for name, value in os.environ.items() if name != "PORT"}
    done = subprocess.run(
        ["make", "--no-print-directory", *words],
        cwd=ROOT,
        env=kept | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_without_a_target_it_lists_them_all() -> None:
    """It does nothing else: `make` alone must not build or remove anything."""
    phony = re.search(r"^\.PHONY:((?:.*\\\n)*.*)$", MAKEFILE, re.MULTILINE)
    assert phony
    targets = phony[1].replace("\\\n", " ").split()
    listed = dict(re.findall(r"^  make (\S+) +(\S.*)$", make(), re.MULTILINE))
    assert sorted(listed) == sorted(targets)


@pytest.mark.parametrize("target", ["up", "status", "down"])
def test_a_port_is_handed_on_when_it_is_typed(target: str) -> None:
    command = f"provision {target} --local"
    assert f"{command} --local-port 4570" in make("-n", target, "PORT=4570")
    assert "--local-port" not in make("-n", target)
    assert "--local-port" not in make("-n", target, PORT="3000")
