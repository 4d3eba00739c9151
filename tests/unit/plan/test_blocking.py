"""Which nodes are blocked, and which wait for no other."""

from __future__ import annotations

from dataclasses import replace

from provision.plan.blocking import block_on_refused, block_with_reasons
from provision.plan.change import Action, ResourceChange
from provision.steps.sqs.queue import Queue

QUEUE = Queue(name="q", tags={})


def finding(node: str, action: Action, *needs: str, unblock_hint: str = "") -> ResourceChange:
    return ResourceChange(
        node, needs, QUEUE.KIND, QUEUE, None, (), action, unblock_hint=unblock_hint
    )


def test_what_the_emulator_lacks_waits_for_nothing() -> None:
    """For example the scaling targets on the emulator, which refuses their table."""
    found = block_on_refused(
        {
            "table": finding("table", Action.REPLACE, unblock_hint="it holds data"),
            "table.read": finding("table.read", Action.SKIP, "table"),
            "table.read.policy": finding("table.read.policy", Action.SKIP, "table.read"),
            "function": finding("function", Action.CREATE, "table"),
        }
    )
    assert [one.action for one in found.values()] == [
        Action.REPLACE,
        Action.SKIP,
        Action.SKIP,
        Action.BLOCKED,
    ]


def test_what_was_not_begun_says_why_and_the_rest_stays() -> None:
    acted = {name: finding(name, Action.DELETE) for name in ("a", "b")}
    assert block_with_reasons(acted, {"a": "later"}) == {
        "a": replace(acted["a"], action=Action.BLOCKED, reason="later"),
        "b": acted["b"],
    }
