"""A frozen value through JSON and back; what is not one is refused by its place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from provision.plain import NotPlain, from_plain, to_plain
from provision.unknown import UNKNOWN


@dataclass(frozen=True)
class Inner:
    words: tuple[str, ...]
    share: float | None = None


@dataclass(frozen=True)
class Outer:
    name: str
    count: int
    on: bool = True
    state: Literal["up", "down"] = "up"
    inner: Inner | None = None
    each: Mapping[str, Inner] = field(default_factory=dict)
    document: Any = None


FULL = Outer(
    "a", 3, False, "down", Inner(("x", "y"), 0.5), {"k": Inner(())}, {"Statement": [{"a": 1}]}
)


@pytest.mark.parametrize("value", [FULL, Outer("b", 0)])
def test_it_comes_back_equal(value: Outer) -> None:
    assert from_plain(Outer, json.loads(json.dumps(to_plain(value)))) == value


def test_what_is_missing_takes_its_default_and_what_is_new_is_left_out() -> None:
    assert from_plain(Outer, {"name": "a", "count": 3, "later": 1}) == Outer("a", 3)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "a"},
        {"name": 1, "count": 3},
        {"name": "a", "count": True},
        {"name": "a", "count": "3"},
        {"name": "a", "count": 3, "on": 1},
        {"name": "a", "count": 3, "state": "sideways"},
        {"name": "a", "count": 3, "inner": {"words": "xy"}},
        {"name": "a", "count": 3, "each": {"k": {}}},
        ["a", 3],
    ],
)
def test_another_type_is_refused(wrong: object) -> None:
    with pytest.raises(NotPlain):
        from_plain(Outer, wrong)


@pytest.mark.parametrize("item", [UNKNOWN, b"bytes", {1, 2}, object()])
def test_what_json_does_not_have_is_never_written(item: object) -> None:
    with pytest.raises(NotPlain):
        to_plain(Outer("a", 3, document={"deep": [item]}))
