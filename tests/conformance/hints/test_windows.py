"""A command on a screen is never wrapped, because the shell would run its first half."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console
from rich.text import Text

from provision.commands.engine_messages import worded
from provision.commands.invocation import Invocation
from provision.plan.change import Action
from provision.views.console import Hanging, print_page
from provision.views.plan import print_plan
from provision.views.status import Heading, status_screen
from provision.workflows.health import Health
from provision.workflows.origins import Edited
from tests.unit.views.test_screens import FINDINGS, finding

CALL = Invocation(
    program="./tools of mine/.venv/bin/provision",
    given=(("--config", "some where/else/wish.yaml"), ("--env", "prod")),
)
ADOPT = "provision up --adopt table.orders"
SHOWN = {
    **FINDINGS,
    "table.orders": finding(
        "table.orders", Action.FOREIGN, unblock_hint=f"`{ADOPT}` takes it over"
    ),
    "table.items": replace(
        FINDINGS["table.items"],
        action=Action.KEEP,
        reason="it holds data; `provision up --destroy table.items` deletes it",
    ),
}


def window(width: int) -> tuple[Console, io.StringIO]:
    shown = io.StringIO()
    return Console(file=shown, width=width, force_terminal=True, color_system=None), shown


@pytest.mark.parametrize("width", [30, 80, 120, 200])
def test_in_a_plan(width: int) -> None:
    console, shown = window(width)
    print_plan(console, "plan", worded(CALL, SHOWN), Edited())
    for command in (ADOPT, "provision up --destroy table.items"):
        assert f"`{CALL.pasteable(command)}`" in shown.getvalue()


@pytest.mark.parametrize("width", [30, 80, 120, 200])
def test_on_the_dashboard(width: int) -> None:
    console, shown = window(width)
    make = CALL.command("up")
    heading = Heading("tap-dev", "dev", "1", "us-east-1", "", make, CALL.command("status"))
    missing = {f"table.{n}": finding(f"table.{n}", Action.CREATE) for n in range(9)}
    print_page(console, status_screen(heading, missing, Health(), width=width))
    assert f"`{make}`" in shown.getvalue()


def test_other_words_are_still_wrapped() -> None:
    console, shown = window(20)
    print_page(console, Hanging(Text("words and more words " * 5)))
    assert all(len(line) <= 20 for line in shown.getvalue().splitlines())
