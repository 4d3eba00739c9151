"""Differences inside two values, each with the path to it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provision.plan.value_diff import MISSING, ValueDiff, diff_values
from provision.steps.apigateway.rest_api.api import Route
from provision.steps.ec2.security_group import Rule
from provision.unknown import UNKNOWN


def statement(*actions: str, sid: str = "", resource: str = "*") -> dict[str, Any]:
    made = {"Effect": "Allow", "Action": list(actions), "Resource": [resource]}
    return {"Sid": sid, **made} if sid else made


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


GET = Route("GET", "/items", "arn:live")

CASES: list[tuple[str, Any, Any, list[ValueDiff]]] = [
    ("plain", 1, 2, [ValueDiff("f", 1, 2)]),
    ("none is a value", {"a": None}, {}, [ValueDiff("f.a", None, MISSING)]),
    ("mapping", {"A": "1", "B": "2"}, {"A": "3", "B": "2"}, [ValueDiff("f.A", "1", "3")]),
    ("odd keys", {}, {"GET /x": 1}, [ValueDiff('f["GET /x"]', MISSING, 1)]),
    ("a set", ("a", "b", "c"), ("d", "c", "a"), [ValueDiff("f", "b", "d")]),
    (
        "more of a set",
        ("a",),
        ("a", "b", "c"),
        [ValueDiff("f", MISSING, "b"), ValueDiff("f", MISSING, "c")],
    ),
    ("an order", ("a", "b"), ("b", "a"), [ValueDiff("f", ["a", "b"], ["b", "a"])]),
    (
        "a route",
        (GET, Route("POST", "/items", "arn:live")),
        (Route("GET", "/items", "arn:live", query=("page",)),),
        [
            ValueDiff('f["GET /items"].query', MISSING, "page"),
            ValueDiff('f["POST /items"]', Route("POST", "/items", "arn:live"), MISSING),
        ],
    ),
    (
        "a named statement",
        policy(statement("s:A", sid="One"), statement("s:B", sid="Two")),
        policy(statement("s:B", sid="Two"), statement("s:A", "s:C", sid="One")),
        [ValueDiff("f.Statement.One.Action", MISSING, "s:C")],
    ),
    (
        "statements without a name, in another order",
        policy(statement("s:A", "s:B"), statement("t:A", resource="t")),
        policy(statement("t:A", resource="t"), statement("s:A")),
        [ValueDiff("f.Statement[Allow s:A].Action", "s:B", MISSING)],
    ),
    (
        "a statement that goes",
        policy(statement("s:A"), statement("t:A")),
        policy(statement("t:A")),
        [ValueDiff("f.Statement[Allow s:A]", statement("s:A"), MISSING)],
    ),
    (
        "a widget",
        {"widgets": [{"y": 0, "properties": {"title": "Errors", "metrics": [["N", "v1", {}]]}}]},
        {"widgets": [{"y": 0, "properties": {"title": "Errors", "metrics": [["N", "v2", {}]]}}]},
        [ValueDiff("f.widgets.Errors.properties.metrics[0][1]", "v1", "v2")],
    ),
    (
        "named ones beside one without a name",
        policy(statement("s:A", sid="One")),
        policy(statement("s:A", "s:B")),
        [
            ValueDiff("f.Statement[One].Sid", "One", MISSING),
            ValueDiff("f.Statement[One].Action", MISSING, "s:B"),
        ],
    ),
    (
        "each is compared with the likest, wherever that is",
        [{"a": 1, "b": 2, "c": 3}],
        [{"d": 7, "e": 8}, {"a": 1, "b": 2, "c": 4}, {"a": 1, "g": 5, "h": 6}],
        [
            ValueDiff("f[1].c", 3, 4),
            ValueDiff("f[7]", MISSING, {"d": 7, "e": 8}),
            ValueDiff("f[1]", MISSING, {"a": 1, "g": 5, "h": 6}),
        ],
    ),
    (
        "one that is like none, before one that is",
        [{"a": "x"}, {"b": "y", "c": "z"}],
        [{"b": "y", "c": "w"}],
        [ValueDiff("f[x]", {"a": "x"}, MISSING), ValueDiff("f[y].c", "z", "w")],
    ),
    (
        "statements in few words",
        [],
        [
            {"Effect": "Deny", "NotAction": "s:A"},
            {"Effect": "Deny", "Action": "s:B"},
            {"Effect": "Deny", "NotAction": ["s:C", "s:D"]},
            {"Effect": "Deny", "Resource": "*"},
            {"deep": [1.5]},
        ],
        [
            ValueDiff("f[Deny s:A]", MISSING, {"Effect": "Deny", "NotAction": "s:A"}),
            ValueDiff("f[Deny s:B]", MISSING, {"Effect": "Deny", "Action": "s:B"}),
            ValueDiff("f[Deny s:C]", MISSING, {"Effect": "Deny", "NotAction": ["s:C", "s:D"]}),
            ValueDiff("f[Deny]", MISSING, {"Effect": "Deny", "Resource": "*"}),
            ValueDiff("f[…]", MISSING, {"deep": [1.5]}),
        ],
    ),
    ("one of two alike", [[]], [[], []], [ValueDiff("f", [[]], [[], []])]),
    ("text that is a document", '{"a": 1}', '{"a": 2}', [ValueDiff("f.a", 1, 2)]),
    ("text that only begins so", "{a", "{b", [ValueDiff("f", "{a", "{b")]),
    ("unknown", {"a": "x"}, {"a": UNKNOWN}, [ValueDiff("f.a", "x", UNKNOWN)]),
    (
        "unknown in a list",
        ("x", "y"),
        (UNKNOWN, "y"),
        [ValueDiff("f", "x", UNKNOWN)],
    ),
    (
        "a rule",
        (Rule("tcp", 443, 443, "pl-1"), Rule("-1", -1, -1, "0.0.0.0/0")),
        (Rule("tcp", 443, 443, "pl-1"),),
        [ValueDiff("f[-1]", Rule("-1", -1, -1, "0.0.0.0/0"), MISSING)],
    ),
]


@pytest.mark.parametrize(
    ("have", "want", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_what_differs_inside(have: Any, want: Any, expected: list[ValueDiff]) -> None:
    assert list(diff_values("f", have, want)) == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from("abc"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner),
    max_leaves=8,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # on a busy machine
@given(have=JSON, want=JSON)
def test_something_differs_exactly_where_values_do(have: Any, want: Any) -> None:
    assert bool(diff_values("f", have, want)) == (have != want)
    assert diff_values("f", have, have) == ()
