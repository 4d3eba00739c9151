"""Every command line of SKILL.md, run in its order against the emulator by an agent's rules."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from provision.cli import cli
from tests.conformance.hints.line import understood
from tests.integration.end_to_end.conftest import environment, free_port
from tests.support.preloaded import Forked
from tests.support.sample_stack import ROOT

SKILL: Final = ROOT / "provision" / "SKILL.md"
TEXT: Final = SKILL.read_text("utf-8")
BLOCKS: Final = re.findall(r"^```sh\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
LINES: Final = [line for block in BLOCKS for line in block.splitlines()]
FORBIDDEN: Final = re.compile(
    r"--(destroy|no-backup|adopt|confirm|allow-|new-env|force)|purge|remove|disable|reset|api_key"
)


def code_of(line: str) -> int:
    told = re.search(r"# exit (\d+)", line)
    return int(told[1]) if told else 0


class Agent:
    """A reader that runs the lines in a folder of its own, on the emulator."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._settings = {"PROVISION_LOCAL": "1", "PROVISION_LOCAL_PORT": str(free_port())}

    def run(self, line: str) -> str:
        """Run a line, and return its stdout."""
        words = shlex.split(line, comments=True)
        if words[0] == "cd":
            self.folder /= words[1]
            return ""
        assert words[0] == "provision"
        with Forked(
            words[1:], self.folder, environment() | self._settings, stderr=subprocess.PIPE
        ) as process:
            out, err = process.communicate(timeout=300)
        assert process.returncode == code_of(line), f"{line}\n{err}"
        return str(out)


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Agent]:
    made = Agent(tmp_path)
    yield made
    made.run("provision local reset")


@pytest.mark.emulator
def test_every_line_does_what_it_says(agent: Agent) -> None:
    assert len(LINES) > 15
    for line in LINES:
        out = agent.run(line)
        if "--json" in line:
            assert json.loads(out)["error"] is None if '"error"' in out else json.loads(out)


def test_no_line_does_what_is_forbidden_or_asks() -> None:
    assert [line for line in LINES if FORBIDDEN.search(line)] == []
    for line in LINES:
        words = shlex.split(line, comments=True)[1:]
        if line.startswith("provision "):
            options = understood(words).options
            assert "yes" not in options or options["yes"], f"{line} asks"


def test_a_line_prints_a_document_if_its_command_has_one() -> None:
    for line in LINES:
        words = shlex.split(line, comments=True)
        if words[0] == "provision":
            command = cli.commands[words[1]]
            inner = getattr(command, "commands", {})
            command = inner.get(words[2], command) if len(words) > 2 else command
            has = any("--json" in param.opts for param in command.params) or inner
            assert ("--json" in words) == bool(has and words[1:3] != ["config", "check"]), line


def test_every_exit_code_has_a_row() -> None:
    rows = {int(code) for code in re.findall(r"^\| (\d+) \|", TEXT, re.MULTILINE)}
    published = (ROOT / "docs" / "json.md").read_text("utf-8")
    for code in rows - {0, 4}:
        assert re.search(rf"\b{code} [a-z]", published), code
    assert rows == {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 130}


def test_the_page_is_what_is_printed() -> None:
    printed = subprocess.run(
        ["python", "-m", "provision", "skill"],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert printed == TEXT
    assert (ROOT / "docs" / "skill.md").read_text("utf-8") == TEXT, "make skill"


def test_it_is_a_skill() -> None:
    """As agents read it: a name of small letters, and a description of at most 1024 characters."""
    front = re.match(r"---\nname: ([a-z-]+)\ndescription: (.+)\n---\n", TEXT)
    assert front
    assert len(front[2]) <= 1024
    assert len(TEXT.splitlines()) < 200


def test_the_list_for_models_has_every_page() -> None:
    listed = re.findall(r"\]\(([^)]+)\)", (ROOT / "llms.txt").read_text("utf-8"))
    assert [page for page in listed if not (ROOT / page).exists()] == []
    pages = {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")}
    assert pages <= set(listed)
