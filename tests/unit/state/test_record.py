"""One node's record as a value and as JSON, and why an edited file is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from provision.model.step import Local
from provision.sanitizing.masking import Masked
from provision.state.record import (
    Record,
    circle_in,
    demand,
    from_json,
    record_from_json,
    record_to_json,
    to_json,
)
from provision.unknown import UNKNOWN, unknown
from tests.unit.plan.kinds import OURS, Thing


@dataclass(frozen=True)
class Inner:
    old: str
    new: str = "its default"


@dataclass(frozen=True, kw_only=True)
class Packed(Thing):
    zip: Local[str] = field(default_factory=unknown)
    variables: Mapping[str, Any] = field(default_factory=dict)
    inner: Mapping[str, Inner] = field(default_factory=dict)


THING = Packed(id="i-1", tags=OURS, zip="content")
KINDS = {Thing.KIND: Packed}
WRITTEN = record_to_json(Record(THING, ("a", "b"), "update"))


def test_a_record_is_read_as_it_was_written() -> None:
    assert WRITTEN
    assert record_from_json(KINDS, "it", WRITTEN) == Record(THING, ("a", "b"), "update")
    assert record_to_json(None) is None


def test_only_local_fields_may_be_unknown_and_those_are_not_written() -> None:
    assert to_json(THING)["zip"] == "content"
    written = to_json(replace(THING, zip=UNKNOWN))
    assert "zip" not in written
    assert written["name"] == "x"
    with pytest.raises(TypeError):
        to_json(replace(THING, id=UNKNOWN))


def test_a_masked_value_is_written_as_its_digest() -> None:
    masked = Masked("hunter2", "salt")
    written = json.dumps(to_json(replace(THING, variables={"PASSWORD": masked})))
    assert masked.digest in written
    assert "hunter2" not in written


def test_a_value_inside_a_mapping_has_the_defaults_of_what_was_added_since() -> None:
    read = from_json(Packed, to_json(THING) | {"inner": {"key": {"old": "x"}}})
    assert isinstance(read, Packed)
    assert vars(read.inner["key"]) == {"old": "x", "new": "its default"}


@pytest.mark.parametrize(
    ("node", "changed", "message"),
    [
        ("with/slash", {}, "no node has this name"),
        ("it", {"needs": "ab"}, "its needs or its verb are not text"),
        ("it", {"needs": {"a": 1}}, "its needs or its verb are not text"),
        ("it", {"needs": [1]}, "its needs or its verb are not text"),
        ("it", {"doing": 1}, "its needs or its verb are not text"),
    ],
)
def test_a_record_that_is_none_is_refused_with_the_reason(
    node: str, changed: dict[str, Any], message: str
) -> None:
    assert WRITTEN
    with pytest.raises((TypeError, ValueError), match=f"^{message}$"):
        record_from_json(KINDS, node, WRITTEN | changed)


def test_a_state_that_is_none_is_refused_with_the_reason() -> None:
    with pytest.raises(ValueError, match=r"^it holds no object$"):
        demand([], {"schema": int})
    with pytest.raises(ValueError, match=r"^its schema is missing or of another type$"):
        demand({"schema": "1"}, {"schema": int})


def test_a_circle_is_shown_from_end_to_end() -> None:
    records = {"a": Record(THING, ("b",)), "b": Record(THING, ("a",)), "c": Record(THING, ("a",))}
    assert circle_in(records) in {"a → b → a", "b → a → b"}
    assert circle_in({"c": records["c"]}) == ""
