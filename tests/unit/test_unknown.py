"""An unknown can never pass for a value."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from provision.model.matching import has_known_identity
from provision.model.step import with_computed
from provision.state.record import to_json
from provision.steps.dynamodb.table import Table
from provision.unknown import UNKNOWN, UnknownUsed, format_known, is_known, sort_known


@pytest.mark.parametrize(
    "use",
    [str, bool, iter, len, lambda u: f"{u}", lambda u: u + "a", lambda u: "a" + u, lambda u: u[0]],
)
def test_refuses_to_become_a_value(use: Callable[[Any], Any]) -> None:
    with pytest.raises(UnknownUsed, match="known after up"):
        use(UNKNOWN)


def test_is_no_key() -> None:
    with pytest.raises(TypeError):
        {UNKNOWN: 1}  # noqa: B018


def test_equals_nothing_but_itself() -> None:
    assert UNKNOWN == UNKNOWN  # noqa: PLR0124
    assert UNKNOWN != ""
    assert UNKNOWN is not None


@pytest.mark.parametrize(
    "value",
    [UNKNOWN, [1, UNKNOWN], {"a": {"b": (UNKNOWN,)}}, Table(name=UNKNOWN, key="k", tags={})],
)
def test_is_found_however_deep(value: object) -> None:
    assert not is_known(value)


@pytest.mark.parametrize(
    "value", ["", None, 0, b"", (), {"a": [1.0]}, Table(name="n", key="k", tags={})]
)
def test_the_known_is_known(value: object) -> None:
    assert is_known(value)


def test_text_with_an_unknown_part_is_unknown() -> None:
    assert format_known("{}:{}", "a", "b") == "a:b"
    assert format_known("{}:{}", "a", UNKNOWN) is UNKNOWN


def test_order_needs_all_parts() -> None:
    assert sort_known(["b", "a"]) == ("a", "b")
    assert sort_known(["b", UNKNOWN, "a"])[1] is UNKNOWN


def test_never_reaches_json() -> None:
    with pytest.raises(TypeError):
        json.dumps({"a": UNKNOWN})
    with pytest.raises(Exception, match=r"(?i)unknown|serializ"):
        to_json(Table(name="n", key="k", tags={}, arn=UNKNOWN))


def test_computed_fields_are_taken_or_unknown() -> None:
    want = Table(name="n", key="k", tags={})
    have = Table(name="n", key="k", tags={}, arn="arn:x")
    assert with_computed(want, have).arn == "arn:x"
    assert with_computed(want, None).arn is UNKNOWN
    assert has_known_identity(want)
    assert not has_known_identity(Table(name=UNKNOWN, key="k", tags={}))
