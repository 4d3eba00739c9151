"""The canonical policy: all ways in which AWS may write one policy give one value."""

from __future__ import annotations

from typing import Any

import pytest

from provision.steps.iam_policy import as_text, canonical, from_text, trust
from provision.unknown import UNKNOWN


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


READ = {"Effect": "Allow", "Action": ["a:Get", "a:List"], "Resource": ["r1", "r2"]}
WRITE = {"Effect": "Allow", "Action": ["a:Put"], "Resource": ["r1"]}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(policy(READ, WRITE), policy(WRITE, READ), id="order of statements"),
        pytest.param(
            policy(READ), policy({**READ, "Action": ["a:List", "a:Get"]}), id="order of actions"
        ),
        pytest.param(
            policy(READ), policy({**READ, "Resource": ["r2", "r1", "r2"]}), id="repetition"
        ),
        pytest.param(
            policy(WRITE), policy({**WRITE, "Action": "a:Put", "Resource": "r1"}), id="lists of one"
        ),
        pytest.param(policy(WRITE), {**policy(), "Statement": WRITE}, id="statement of one"),
        pytest.param(policy(WRITE), policy({**WRITE, "Sid": ""}), id="empty Sid"),
        pytest.param(
            {"Statement": [WRITE]},
            {"Statement": [WRITE], "Version": "2008-10-17"},
            id="the version AWS assumes",
        ),
        pytest.param(
            policy({**WRITE, "Principal": "*"}),
            policy({**WRITE, "Principal": {"AWS": "*"}}),
            id="anybody",
        ),
        pytest.param(
            policy({**WRITE, "Principal": {"AWS": "123456789012"}}),
            policy({**WRITE, "Principal": {"AWS": ["arn:aws-cn:iam::123456789012:root"]}}),
            id="an account's root",
        ),
        pytest.param(
            policy({**WRITE, "Condition": {"Bool": {"aws:SecureTransport": True}}}),
            policy({**WRITE, "Condition": {"Bool": {"aws:SecureTransport": ["true"]}}}),
            id="conditions are text",
        ),
    ],
)
def test_one_policy_has_one_form(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert canonical(one) == canonical(other)
    assert as_text(one) == as_text(other)


@pytest.mark.parametrize(
    "other",
    [
        policy({**READ, "Effect": "Deny"}),
        policy({**READ, "Action": ["a:Get"]}),
        policy({**READ, "Resource": ["r1"]}),
        policy({**READ, "Principal": "*"}),
        policy({**READ, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}),
        policy({**READ, "Sid": "Read"}),
        policy(READ, WRITE),
        {**policy(READ), "Version": "2008-10-17"},
        {**policy(READ), "Id": "mine"},
    ],
)
def test_another_policy_has_another(other: dict[str, Any]) -> None:
    assert canonical(policy(READ)) != canonical(other)


def test_canonical_twice_is_canonical_and_text_reads_back() -> None:
    document = canonical(policy(WRITE, READ))
    assert canonical(document) == document
    assert from_text(as_text(document)) == document


def test_what_is_given_is_not_changed() -> None:
    given = policy({**WRITE, "Action": "a:Put", "Sid": ""})
    canonical(given)
    assert given == policy({**WRITE, "Action": "a:Put", "Sid": ""})


def test_unknown_parts_stay_in_place_until_known() -> None:
    document = canonical(policy({**READ, "Resource": ["r2", UNKNOWN]}, WRITE))
    assert document["Statement"][0]["Resource"] == ["r2", UNKNOWN]
    assert document["Statement"][0]["Action"] == ["a:Get", "a:List"]
    assert canonical(policy({**READ, "Resource": UNKNOWN}))["Statement"][0]["Resource"] == [UNKNOWN]


def test_trust_names_the_service() -> None:
    assert trust("lambda.amazonaws.com")["Statement"] == [
        {
            "Action": ["sts:AssumeRole"],
            "Effect": "Allow",
            "Principal": {"Service": ["lambda.amazonaws.com"]},
        }
    ]
