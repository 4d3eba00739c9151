"""Stacks whose names begin alike, in one account: none touches a byte of another's."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from provision.model.stack import Stack
from provision.stack.api import ACCOUNT_ROLE
from tests.faults.ownership.account import Dump, dump
from tests.faults.ownership.foreign_stack import SMALL, act
from tests.support.harness import Recorder, new_aws
from tests.support.sample_stack import reference_stack

NAMES: dict[str, dict[str, str]] = {
    "one": {"name": "tap", "environment": "dev"},
    "two": {"name": "tap", "environment": "dev-2"},
    "three": {"name": "tap-dev", "environment": "items"},
    "four": {"name": "tap", "environment": "d"},
}


def stack_of(directory: Path, name: str, more: dict[str, Any] | None = None) -> Stack:
    changes = SMALL | NAMES[name] | (more or {})
    return reference_stack(new_aws(), directory / name, changes)


def mine(before: Dump, after: Dump) -> Dump:
    """Return the new content, without what belongs to the whole account."""
    return {
        key: value for key, value in after.items() if key not in before and ACCOUNT_ROLE not in key
    }


@pytest.mark.skipif(
    "OWNERSHIP_SWEEP" not in os.environ, reason="make ownership-sweep; two stacks: test_whole_stack"
)
def test_similar_names(account: None, tmp_path: Path) -> None:
    empty = dump(new_aws())
    assert dump(new_aws()) == empty
    held: dict[str, Dump] = {}
    now = empty
    for name in NAMES:
        outcome = act(tmp_path / f"{name}-state", stack_of(tmp_path, name), "up")
        assert outcome.failed == {}
        before, now = now, dump(new_aws())
        held[name] = mine(before, now)
        assert len(held[name]) > 40
        assert {key: now[key] for key in before} == before, f"{name} touched another's"

    staging = {"tags": {"Environment": "staging"}}
    assert act(tmp_path / "one-state", stack_of(tmp_path, "one", staging), "up").failed == {}
    now = dump(new_aws())
    assert {key: now[key] for key in held["one"]} != held["one"]
    for name in NAMES.keys() - {"one"}:
        assert {key: now[key] for key in held[name]} == held[name], "a change reached another"

    for gone in list(NAMES)[:-1]:
        assert act(tmp_path / f"{gone}-state", stack_of(tmp_path, gone), "down").failed == {}
        now = dump(new_aws())
        assert not now.keys() & held.pop(gone).keys()
        for name, theirs in held.items():
            assert {key: now[key] for key in theirs} == theirs, f"{gone} took from {name}"
    for name in held:
        recorder = Recorder()
        act(tmp_path / f"{name}-state", stack_of(tmp_path, name), "up", recorder)
        assert recorder.writes == []
