"""A command ended in any way in a terminal ends soon and restores the terminal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.integration.terminal.conftest import Stack, Stage
from tests.integration.terminal.looks import Look, check, looks
from tests.integration.terminal.terminal import CTRL_C, CTRL_Z, PATIENCE
from tests.integration.terminal.test_commands import watched
from tests.support.sample_stack import ROOT

pytestmark = pytest.mark.emulator

SLOW = 0.3
"""Seconds that each answer takes if a call should be in flight."""


@looks("80x24-colour")
def test_ctrl_c_once_lets_what_is_in_flight_end(stage: Stage, look: Look) -> None:
    stack = stage.stack()
    stage.delay(SLOW)
    with stage.run(stack, "up --local --yes", look) as terminal:
        watched(terminal, look)
        terminal.type(CTRL_C)
        terminal.until("stopping: calls in flight have")
        stage.delay(0)
        assert terminal.end() == 130
    check(terminal, look)
    assert terminal.text.count("stopping:") == 1
    assert terminal.shows(f"{stack.name}.yaml --state .provision/{stack.name} up --local --yes`")
    assert terminal.shows("continues from here.")


@looks("160x50-dumb")
def test_ctrl_c_twice_ends_it_now(stage: Stage, look: Look) -> None:
    stack = stage.stack()
    stage.delay(SLOW)
    with stage.execute(stack, "up --local --yes", look) as terminal:
        watched(terminal, look)
        stage.delay(20)
        terminal.type(CTRL_C)
        terminal.until("stopping: calls in flight have")
        asked = time.monotonic()
        terminal.type(CTRL_C)
        assert terminal.end() == 130
        assert time.monotonic() - asked < 8
    check(terminal, look)
    assert terminal.shows("Interrupted. `")
    assert terminal.shows("continues from here.")


@looks("80x24-colour")
@pytest.mark.parametrize("number", [None, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_at_the_question(stage: Stage, standing: Stack, look: Look, number: int | None) -> None:
    with stage.run(standing, "down --local", look) as terminal:
        terminal.until("Remove this? [y/N]:")
        if number is None:
            terminal.type(CTRL_C)
        else:
            terminal.process.send_signal(number)
        assert terminal.end() == 130
    check(terminal, look)
    asked = "Remove this? [y/N]:" + (" ^C" if number is None else "")
    assert f"\n{asked}\nInterrupted. `" in terminal.text


@looks("80x24-colour", "40x12-dumb")
def test_while_it_looks(stage: Stage, standing: Stack, look: Look) -> None:
    stage.delay(SLOW)
    before = stage.calls()
    with stage.run(standing, "plan --local", look) as terminal:
        terminal.until(lambda: stage.calls() > before + 8)
        assert terminal.shows("reading ") == look.live
        terminal.type(CTRL_C)
        assert terminal.end() == 130
    check(terminal, look)
    assert terminal.text.splitlines()[-1] == "Interrupted."
    assert "reading " not in terminal.text


@looks("80x24-colour")
def test_before_it_has_begun(stage: Stage, standing: Stack, look: Look) -> None:
    """The command is still being imported."""
    slow = stage.folder / "slow"
    slow.mkdir()
    (slow / "click.py").write_text("import time\nprint('importing')\ntime.sleep(60)\n")
    with stage.execute(standing, "plan", look, PYTHONPATH=f"{slow}:{ROOT}") as terminal:
        terminal.until("importing")
        terminal.type(CTRL_C)
        assert terminal.end() == 130
    check(terminal, look)
    assert terminal.text.splitlines() == ["importing", "^C", "Interrupted."]


@looks("80x24-colour")
def test_ctrl_z_gives_the_terminal_back_until_it_goes_on(stage: Stage, look: Look) -> None:
    stack = stage.stack()
    stage.delay(SLOW)
    with stage.run(stack, "up --local --yes", look) as terminal:
        watched(terminal, look)
        terminal.type(CTRL_Z)
        terminal.until_it_stands_still()
        check(terminal, look)
        stage.delay(0)
        terminal.process.send_signal(signal.SIGCONT)
        watched(terminal, look)
        assert terminal.end() == 0
    check(terminal, look)


@looks("80x24-colour")
def test_ctrl_z_on_the_dashboard(stage: Stage, standing: Stack, look: Look) -> None:
    with stage.run(standing, "status --local --watch", look) as terminal:
        terminal.until(f"{standing.name}-local")
        terminal.type(CTRL_Z)
        terminal.until_it_stands_still()
        check(terminal, look)
        terminal.process.send_signal(signal.SIGCONT)
        terminal.until(f"{standing.name}-local")
        terminal.type(CTRL_C)
        assert terminal.end() == 130
    check(terminal, look)


@looks("40x12-colour")
def test_a_terminal_that_is_closed_ends_it(stage: Stage, look: Look) -> None:
    stack = stage.stack()
    stage.delay(SLOW)
    with stage.run(stack, "up --local --yes", look) as terminal:
        watched(terminal, look)
        stage.delay(0)
        terminal.hang_up()
        assert terminal.process.wait(PATIENCE) == 130, terminal.text
    log = stage.folder / ".provision" / stack.name / "journal.jsonl"
    assert log.exists()
    with stage.run(stack, "up --local --yes", look) as terminal:
        assert terminal.end() == 0, "the lock was given back"
    check(terminal, look)


def test_a_pipe_that_is_closed_ends_it_without_a_word(tmp_path: Path) -> None:
    """`provision config schema | head -1` is such a pipe."""
    process = subprocess.Popen(
        [sys.executable, "-m", "provision", "config", "schema"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert process.stdout
    process.stdout.close()
    assert process.stderr
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(PATIENCE) == 1
