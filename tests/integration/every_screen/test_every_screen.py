"""Plan, saved plan, status and errors of the complete configuration, in every kind of account."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from provision.workflows.saved_plan import read_plan
from tests.integration.every_screen.complete import FACTORS, ROWS, configuration, nodes_of
from tests.integration.every_screen.covering import Row, all_pairs, pairs_of
from tests.integration.every_screen.world import (
    VISIBLE,
    Account,
    Answer,
    at_a_wide_screen,
    refusing,
    without_wheels,
)

SWEEP = "SCREENS_SWEEP" in os.environ
"""`make screens-sweep` runs the life cycle of every row; the suite that of one, with some plans."""
NUMBERS = range(len(ROWS))
RICHEST = max(NUMBERS, key=lambda n: (ROWS[n]["domain"] == "requested", len(nodes_of(ROWS[n]))))
LIVES = NUMBERS if SWEEP else [RICHEST]
EMPTY = NUMBERS if SWEEP else sorted({RICHEST, random.Random(11).choice(NUMBERS)})
WITH_STATE = (False, True) if SWEEP else (True,)
"""Whether the state was lost, in turn."""
REFUSED = ("CreateFunction", "CreateRestApi", "CreateTable", "CreateVpcEndpoint", "CreateStage")
"""Operations that AWS refuses in the middle of `up`, in turn."""


@pytest.fixture
def account_of(
    account: None,
    fast: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Account:
    at_a_wide_screen(monkeypatch, tmp_path)
    without_wheels(monkeypatch, tmp_path / "zips")
    return Account(tmp_path, capsys)


def test_every_two_choices_meet() -> None:
    met = set().union(*map(pairs_of, ROWS))
    assert met == all_pairs({name: list(choices) for name, choices in FACTORS.items()})
    assert len(ROWS) < 25


@pytest.mark.parametrize("number", EMPTY)
def test_in_an_empty_account(account_of: Account, number: int) -> None:
    row = ROWS[number]
    account_of.furnish(configuration(row))
    nodes = look(account_of, row)
    assert set(nodes.values()) == {"create", "keep"}  # keep: network interfaces are Lambda's
    status = account_of.run("status", "--check")
    assert status.code == 5
    assert account_of.run("outputs").code == 1
    assert account_of.run("keys", "list").code == 0


def test_names_that_others_have_in_an_empty_account(account_of: Account) -> None:
    """Foreign resources are found although nothing they need exists yet."""
    account_of.furnish(configuration(ROWS[RICHEST]))
    account_of.take_names()
    nodes = account_of.run("plan", "--json", "--out", "saved.json").nodes
    foreign = {node for node, action in nodes.items() if action == "foreign"}
    assert foreign >= {"api.domain.record", "monitoring.topic", "function.items.dead_letters"}
    assert_drawn(account_of.run("-v", "plan"), nodes)
    assert account_of.run("status", "--check").code == 5


@pytest.mark.parametrize("number", LIVES)
def test_in_every_kind_of_account(
    account_of: Account, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, run = ROWS[number], account_of.run
    agree = ("--confirm", "tap-dev") if row["protect"] == "yes" else ("--yes",)
    account_of.furnish(configuration(row))

    with refusing(REFUSED[number % len(REFUSED)], monkeypatch):
        half = run("up", *agree)
    assert half.code == 9
    assert VISIBLE in half.err
    with refusing("DescribeVpcs", monkeypatch):
        assert VISIBLE in run("plan").err
        assert run("status", "--json").json["error"]["exit_code"] == 1
    nodes = look(account_of, row)
    assert {"create", "keep"} <= set(nodes.values())

    assert run("plan", "--out", "plan.json").code == 0
    assert run("up", "plan.json").code == 0  # a saved plan is the consent
    for lost in WITH_STATE:
        if lost:
            account_of.lose_state()
        assert set(look(account_of, row, changes=False).values()) == {"keep"}
    assert run("refresh").code == 0
    assert run("down").code == 2  # no terminal

    account_of.drift()
    nodes = look(account_of, row)
    assert {"create", "update", "keep"} <= set(nodes.values())

    account_of.give_away()
    for lost in WITH_STATE:
        if lost:
            account_of.lose_state()
        nodes = look(account_of, row)
        assert "foreign" in nodes.values()
        assert "keep" not in [nodes[each] for each in nodes if each.startswith("function.items")]


def look(account: Account, row: Row, *, changes: bool = True) -> dict[str, str]:
    """Check every screen that shows the present stack, and return node → action."""
    document = account.run("plan", "--json", "--out", "saved.json")
    assert document.code == 0
    nodes = document.nodes
    assert nodes_of(row) <= set(nodes)
    saved = read_plan(account.home / "saved.json")
    assert {node: each.action for node, each in saved.nodes.items()} == nodes
    drawn = account.run("-v", "plan", "--check")
    assert drawn.code == (4 if changes else 0)
    assert_drawn(drawn, nodes)
    status = account.run("status", "--check")
    assert status.code == (5 if changes else 0)
    assert "tap-dev" in status.out
    if SWEEP:
        assert_drawn(account.run("plan"), nodes)
        assert set(account.run("status", "--json").nodes) == set(nodes)
    return nodes


def assert_drawn(drawn: Answer, nodes: dict[str, str]) -> None:
    """Assert that each node that is not kept has a line, and that all others are counted."""
    lines = drawn.out.split("\n")
    for node, action in nodes.items():
        if action != "keep":
            assert any(f" {node} " in f"{line} " for line in lines), f"{node} is not drawn"
