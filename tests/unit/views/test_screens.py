"""Screens are readable at 80 columns and without colour, and their commands can be pasted."""

from __future__ import annotations

import io
import sys
from typing import Any

import pytest
from rich.console import Console

from provision.engine.events import NodeEvent
from provision.errors import DataProtected
from provision.plan.change import Action, Cause, FieldDiff, ResourceChange
from provision.plan.plan import Result
from provision.steps.dynamodb.table import Table
from provision.unknown import UNKNOWN
from provision.views.console import BOUNDLESS
from provision.views.formatting import format_value, seconds, truncate
from provision.views.metrics import sparkline
from provision.views.plan import plan_screen
from provision.views.progress import Progress
from provision.views.results import print_receipt
from provision.workflows.origins import Edited
from provision.workflows.troubles import State, state_of

TABLE = Table(name="tap-dev-items", key="id", tags={"Environment": "production"})


def finding(node: str, action: Action, **more: Any) -> ResourceChange:
    given = {"want": TABLE, "have": None if action is Action.CREATE else TABLE, "diffs": ()}
    return ResourceChange(node, (), TABLE.KIND, action=action, **(given | more))


def change(field: str, cause: Cause, *, want: Any = "new", have: Any = "old") -> FieldDiff:
    return FieldDiff(field, want, have, fixed=False, cause=cause)


FINDINGS = {
    each.node: each
    for each in (
        finding("network.vpc", Action.KEEP),
        finding("table.items", Action.UPDATE, diffs=(change("ttl", Cause.DRIFT, want=UNKNOWN),)),
        finding("table.orders", Action.CREATE),
        finding("table.items.read", Action.SKIP, reason="the emulator has no such service"),
        finding("function.items", Action.UPDATE, diffs=(change("memory", Cause.CONFIG),)),
        finding(
            "function.items.dead_letters", Action.FOREIGN, unblock_hint="--adopt it takes it over"
        ),
        finding("api", Action.BLOCKED, reason="needs function.items.dead_letters"),
    )
}


def plan_of(title: str, findings: Any, **more: Any) -> Any:
    return plan_screen(title, findings, Edited(), **more)


def drawn(renderable: Any, *, width: int = 80, color: bool = False) -> str:
    console = Console(width=width, force_terminal=color, no_color=not color, file=io.StringIO())
    with console.capture() as captured:
        console.print(renderable)
    return captured.get()


def test_the_plan_names_fields_causes_and_what_to_type() -> None:
    text = drawn(plan_of("tap-dev: plan", FINDINGS, width=80))
    assert "Network  1 as wanted" in text
    assert "+ create table.orders" in text
    assert "ttl: old → (known after up)  ← drift: changed in AWS" in text
    assert "memory: old → new" in text
    assert "--adopt it takes it over" in " ".join(text.replace("│", " ").split())
    assert "Plan: 1 to create, 2 to update, 1 kept, 1 foreign, 1 waiting, 1 skipped." in text
    assert all(len(line) <= 80 for line in text.splitlines())


def test_the_plan_tells_risks_and_reasons_and_counts_them() -> None:
    lost = finding("table.items", Action.DELETE, want=None, cause=Cause.REMOVED)
    gone = finding("table.orders", Action.CREATE, cause=Cause.DRIFT)
    text = drawn(plan_of("plan", {each.node: each for each in (lost, gone)}, width=80))
    assert "- delete table.items  tap-dev-items  removed from config.yaml" in text
    assert "! data loss: all its data is deleted with it" in text
    assert "← drift: it is gone from AWS" in text
    assert "Why: 1 by drift: changed in AWS, 1 removed from config.yaml." in text
    assert "Risks: 2 data loss." in text


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_the_plan_shows_what_differs_inside_at_any_width(width: int) -> None:
    account = "arn:aws:lambda:us-east-1:123456789012:layer:tap-dev-dependencies"
    changes = (
        change("environment", Cause.CONFIG, have={"A": "1", "B": "2"}, want={"A": "1", "B": "3"}),
        change("layers", Cause.CONFIG, have=(f"{account}:1",), want=(f"{account}:2",)),
        change("ids", Cause.DRIFT, have=tuple("abcdefghijkl"), want=()),
    )
    text = drawn(
        plan_of("plan", {"f": finding("f", Action.UPDATE, diffs=changes)}, width=width),
        width=width,
    )
    flat = " ".join(text.replace("│", " ").split())
    assert "environment.B: 2 → 3" in flat
    assert ":1 → " in flat
    assert "dependencies:2" in flat or "s:2" in flat
    assert "- ids: a ← drift: changed in AWS" in flat
    assert "… and 4 more: -v shows them" in flat
    assert all(len(line) <= width for line in text.splitlines())


def test_no_order_of_names_hides_a_difference() -> None:
    """Every environment variable is listed, and with no window to fit, every other field too."""
    many = {f"A{number}": "1" for number in range(8)} | {"PYTHONPATH": "/tmp"}
    for field, width in (("environment", 80), ("policies", 80), ("tags", BOUNDLESS)):
        changes = (change(field, Cause.CONFIG, have={}, want=many),)
        planned = {"f": finding("f", Action.UPDATE, diffs=changes)}
        text = drawn(plan_of("plan", planned, width=width), width=200)
        assert f"+ {field}.PYTHONPATH: /tmp" in text
        assert "more" not in text


def test_where_aws_and_config_both_changed_it_is_said() -> None:
    both = FieldDiff("memory", 1024, 300, fixed=False, cause=Cause.DRIFT, recorded=512)
    shown = {"f": finding("f", Action.UPDATE, diffs=(both,))}
    flat = " ".join(drawn(plan_of("plan", shown, width=100)).split())
    assert "memory: 300 → 1024 ← drift: changed in AWS, and in config.yaml: it was 512" in flat


def test_all_fields_are_shown_when_asked_for() -> None:
    fresh = {"table.orders": finding("table.orders", Action.CREATE)}
    assert "sort_key" not in drawn(plan_of("plan", fresh, width=80))
    assert "sort_key: none" in drawn(plan_of("plan", fresh, width=80, all_fields=True))


def test_nothing_to_change_is_said() -> None:
    same = {"network.vpc": finding("network.vpc", Action.KEEP)}
    assert "Nothing to change: 1 as wanted." in drawn(plan_of("plan", same, width=80))


def test_a_run_that_failed_at_once_had_something_to_do() -> None:
    """The outcome reports the changes that were not made."""
    same = {"table.items": finding("table.items", Action.REPLACE)}
    failed = Result(same, {}, {"table.items": DataProtected("tap-dev-items would be replaced")})
    for outcome, words in ((failed, ""), (Result({}, {}, {}), "nothing to do")):
        console = Console(file=io.StringIO())
        with console.capture() as told:
            print_receipt(console, outcome, lambda *words: " ".join(words))
        assert told.get().strip() == words


def test_what_is_not_there_is_no_more_as_wanted_on_the_way_down() -> None:
    none = finding("network.vpc", Action.KEEP, have=None, reason="not there")
    goes = finding("table.items", Action.DELETE)
    text = drawn(plan_of("down", {each.node: each for each in (none, goes)}, width=80))
    assert "Network  1 not there" in text
    assert "Plan: 1 to delete, 1 not there." in text
    text = drawn(plan_of("down", {"network.vpc": none}, width=80))
    assert "Nothing to change: 1 not there." in text


def test_states() -> None:
    states = {node: state_of(each) for node, each in FINDINGS.items()}
    assert states["network.vpc"] is State.AS_WANTED
    assert states["table.items"] is State.DRIFTED
    assert states["table.orders"] is State.MISSING
    assert states["table.items.read"] is State.SKIPPED
    assert states["function.items"] is State.OUTDATED
    assert states["function.items.dead_letters"] is State.FOREIGN
    assert states["api"] is State.WAITING


def test_sparkline() -> None:
    assert sparkline((0, 0, 0)) == "▁▁▁"
    assert sparkline((0, 1, 100)) == "▁▂█"


def test_without_a_terminal_each_transition_is_one_plain_line() -> None:
    console = Console(width=80, force_terminal=False, record=True, file=sys.stderr)
    progress = Progress(console, 2)
    with progress.drawing:
        progress.report("table.items", NodeEvent.BEGUN, Action.CREATE)
        progress.report("table.items", NodeEvent.WAITING, "table to be active, 1 s")
        progress.report("table.items", NodeEvent.DONE, Action.CREATE)
        progress.report("api", NodeEvent.BEGUN, Action.UPDATE)
        progress.report("api", NodeEvent.FAILED, "AWS said no")
    lines = console.export_text().splitlines()
    assert [line.split("  ")[0] for line in lines] == [
        "+ create table.items",
        "✓ created table.items",
        "~ update api",
        "✗ api failed",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "none"),
        (True, "yes"),
        ("", '""'),
        (("a", 1), "[a, 1]"),
        ({"a": UNKNOWN}, "{a: (known after up)}"),
        ("two\nlines\x07", "two\\nlines\\x07"),
    ],
)
def test_values_are_readable(value: Any, text: str) -> None:
    assert format_value(value) == text


def test_long_texts_are_cut_in_the_middle() -> None:
    assert truncate("a" * 50 + "z" * 50, 11) == "aaaaa…zzzzz"
    assert seconds(59.94) == "59.9 s"
    assert seconds(125) == "2 min 05 s"
