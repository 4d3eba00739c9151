"""Every command in a terminal ends, shows what it should, and restores the terminal."""

from __future__ import annotations

import re

import pytest

from tests.integration.terminal.conftest import Stack, Stage
from tests.integration.terminal.looks import COUNT, Look, check, looks
from tests.integration.terminal.terminal import CTRL_C, Size, Terminal

pytestmark = pytest.mark.emulator

SLOW = 0.05
"""Seconds that each answer takes if the progress should be visible."""
AT = re.compile(r"\d\d:\d\d:\d\d$")
"""The time of the observation, at the end of the dashboard's first line."""
KEY = re.compile(r"\b[A-Za-z0-9]{20,}\b")


def watched(terminal: Terminal, look: Look) -> None:
    """Read until the live screen is shown, if there can be one."""
    if look.live:
        terminal.until(lambda: bool(COUNT.search(terminal.text)))
    else:
        terminal.until("✓ created")


def counts(lines: list[str]) -> int:
    """Return how often the last line of the live screen is there."""
    return sum(bool(COUNT.search(line)) for line in lines)


@looks("40x12-cp1252")
def test_up_asks(stage: Stage, look: Look) -> None:
    stack = stage.stack()
    with stage.execute(stack, "up --local", look) as terminal:
        terminal.until("Do this? [y/N]:")
        assert terminal.screen.cursor_shown
        assert not terminal.shows("created")
        terminal.type("y\r")
        assert terminal.end() == 0
    check(terminal, look)
    assert terminal.shows("created table.items")
    assert terminal.shows("api_endpoint: http://")
    assert terminal.shows("outputs api_key")


@looks("160x50-nocolor", "80x24-dumb")
def test_up(stage: Stage, look: Look) -> None:
    stack = stage.stack()
    stage.delay(SLOW)
    with stage.run(stack, "up --local --yes", look) as terminal:
        watched(terminal, look)
        stage.delay(0)
        assert terminal.end() == 0
    check(terminal, look)
    assert terminal.shows("created function.items.alias")
    lines = terminal.text.splitlines()
    assert any(line.startswith("+ create ") for line in lines) == (not look.live)
    assert terminal.shows("api_endpoint: http://")


@looks("80x24-colour")
def test_the_window_is_resized_while_up_works(stage: Stage, look: Look) -> None:
    stack = stage.stack()
    stage.delay(4 * SLOW)
    with stage.run(stack, "up --local --yes", look) as terminal:
        for size in (Size(40, 12), Size(100, 30), Size(24, 5)):
            watched(terminal, look)
            terminal.resize(size)
            terminal.until_written(400)
            terminal.until(lambda: counts(terminal.screen.shown) == 1)
            assert counts(terminal.screen.above) == 0
        stage.delay(0)
        assert terminal.end() == 0
    assert terminal.changed == []
    assert terminal.wrote("created table.items")


@looks("80x24-colour")
def test_in_the_background_it_only_prints(stage: Stage, look: Look) -> None:
    """The user types in that window, at a shell or in an editor."""
    stack = stage.stack()
    with stage.run_behind(stack, "up --local --yes", look) as terminal:
        assert terminal.end() == 0
    check(terminal, look)
    assert b"\x1b[?25l" not in terminal.written
    assert any(line.startswith("+ create ") for line in terminal.text.splitlines())
    assert terminal.shows("created table.items")


@looks("160x50-cp1252")
def test_plan(stage: Stage, standing: Stack, look: Look) -> None:
    with stage.run(standing, "plan --local", look) as terminal:
        assert terminal.end() == 0
    check(terminal, look)
    assert terminal.shows("Nothing to change")


@looks("40x12-nocolor")
def test_status(stage: Stage, standing: Stack, look: Look) -> None:
    with stage.run(standing, "status --local", look) as terminal:
        assert terminal.end() == 0
    check(terminal, look)
    assert terminal.shows(f"{standing.name}-local")
    assert terminal.shows("as wanted")


def redrawn_at_once(stage: Stage, terminal: Terminal, width: int) -> bool:
    """Return whether it fits the new window without another observation.

    A slow machine may observe again before it is read here.
    """
    before = stage.calls()
    terminal.resize(Size(width, 16))
    assert not AT.search(terminal.screen.shown[0]), "the end of the line is cut off"
    terminal.until(lambda: bool(AT.search(terminal.screen.shown[0])))
    return stage.calls() == before


@looks("80x24-colour", "160x50-dumb")
def test_status_watches(stage: Stage, standing: Stack, look: Look) -> None:
    with stage.run(standing, "status --local --watch", look) as terminal:
        terminal.until(f"{standing.name}-local")
        if look.live:
            assert terminal.screen.alternate
            head = terminal.screen.shown[0]
            assert head.startswith(f"{standing.name}-local  ")
            assert "✓ all is well" in head[-23:]
            assert len(head) == min(look.size.columns, 100)
            assert any(redrawn_at_once(stage, terminal, width) for width in (70, 60, 50))
        terminal.type(CTRL_C)
        assert terminal.end() == 130
    check(terminal, look)
    if look.live:
        assert terminal.text == "Interrupted.", "else the screen is as it was"
    else:
        assert terminal.text.endswith("Interrupted.")


@looks("80x24-colour", "80x24-dumb")
def test_check(stage: Stage, standing: Stack, look: Look) -> None:
    with stage.run(standing, "check --local --wait 0 --skip function-log", look) as terminal:
        assert terminal.end() == 0
    check(terminal, look)
    assert terminal.shows("✓ key-missing")
    assert terminal.shows("passed")
    if look.live:
        lines = [line for line in terminal.text.splitlines() if line.startswith("  ✓")]
        assert len(lines) == len({line.split()[1] for line in lines}), "one line a check"
        assert terminal.shows("throttle")


@looks("80x24-cp1252")
def test_push(stage: Stage, standing: Stack, look: Look) -> None:
    standing.code.write_text(f"{standing.code.read_text()}# {look}\n")
    with stage.run(standing, "push --local", look) as terminal:
        assert terminal.end() == 0
    check(terminal, look)
    assert re.search(r"function\.items:\s+version\s+\d+\s+is\s+live", terminal.text)


@looks("80x24-colour")
def test_push_watches(stage: Stage, standing: Stack, look: Look) -> None:
    whole = standing.code.read_text()
    with stage.run(standing, "push --watch --local", look) as terminal:
        terminal.until("is live")
        standing.code.write_text(f"{whole}# saved with {look}\n")
        terminal.until(lambda: terminal.text.count("is live") == 2)
        standing.code.write_text("def handler(:\n")
        terminal.until("app.py:1")
        standing.code.write_text(whole)
        terminal.until(lambda: terminal.text.count("is live") == 3)
        terminal.type(CTRL_C)
        assert terminal.end() == 130
    check(terminal, look)
    assert terminal.screen.shown[-1].startswith("Interrupted.") or terminal.shows("Interrupted.")


@looks("80x24-colour", "40x12-cp1252")
def test_a_function_is_invoked(stage: Stage, standing: Stack, look: Look) -> None:
    with stage.run(standing, "invoke items --local", look) as terminal:
        assert terminal.end() == 0
    check(terminal, look)
    assert terminal.shows('"number": 1')


@looks("80x24-nocolor")
def test_logs_are_followed_until_ctrl_c(stage: Stage, standing: Stack, look: Look) -> None:
    with stage.run(standing, "invoke items --local", look) as terminal:
        assert terminal.end() == 0
    with stage.run(standing, "logs --follow --since 5m -v --local", look) as terminal:
        terminal.until("items v")
        terminal.type(CTRL_C)
        assert terminal.end() == 130
    check(terminal, look)
    assert terminal.text.endswith("Interrupted.")


@looks("40x12-colour", "80x24-dumb")
def test_dead_letters_are_run_again_after_a_question(
    stage: Stage, standing: Stack, look: Look
) -> None:
    queue = f"{standing.name}-local-items-dead-letters"
    stage.send(queue, '{"id": 1, "text": "\\u001b[2Jnot markup [bold]"}')
    with stage.run(standing, "dlq peek --local", look) as terminal:
        assert terminal.end() == 0
    check(terminal, look)
    assert terminal.shows("1 waiting")
    assert terminal.shows("[bold]")
    for typed, code, told in (("n", 1, "Nothing was done."), ("y", 0, "1 removed")):
        with stage.run(standing, "dlq redrive --local", look) as terminal:
            terminal.until("[y/N]:")
            terminal.type(f"{typed}\r")
            assert terminal.end() == code
        check(terminal, look)
        assert terminal.shows(told)
    with stage.run(standing, "dlq --local", look) as terminal:
        assert terminal.end() == 0
    check(terminal, look)
    assert terminal.shows("0 waiting")


@looks("80x24-dumb")
def test_keys_are_rotated(stage: Stage, standing: Stack, look: Look) -> None:
    with stage.run(standing, "keys rotate default --local", look) as terminal:
        assert terminal.end() == 0
    check(terminal, look)
    assert terminal.shows("Give its clients the new value:")
    assert not KEY.search(terminal.text)


@looks("80x24-colour")
def test_down_wants_the_name_where_it_is_protected(stage: Stage, look: Look) -> None:
    stack = stage.deployed(environments={"local": {"protect": True}})
    for typed, code, told in (
        ("another", 1, "Nothing was done."),
        (f"{stack.name}-local", 0, "deleted table.items"),
    ):
        with stage.run(stack, "down --local --destroy-data", look) as terminal:
            terminal.until("Type its name:")
            terminal.type(f"{typed}\r")
            assert terminal.end() == code
        check(terminal, look)
        assert terminal.shows(told)


@looks("40x12-colour")
def test_a_node_fails(stage: Stage, look: Look) -> None:
    stack = stage.stack()
    stage.refuse("CreateTopic")
    with stage.run(stack, "up --local --yes", look) as terminal:
        assert terminal.end() == 9
    check(terminal, look)
    assert terminal.shows("monitoring.topic failed")
    assert terminal.shows("[red]refused[/red] by the test")
    assert terminal.shows("created table.items")
    assert terminal.shows("Partly done: 1 failed")
