"""The permission to tag new resources does not allow tagging existing ones.

Where AWS requires permission to tag a new resource, the same grant could put our owner tag on
another stack's resource or a customer's key.
"""

from __future__ import annotations

import pytest

from provision.model.step import OWNER
from provision.permissions.policies import policies
from tests.conformance.permissions.evaluation import Ask, allowed, lines
from tests.conformance.permissions.full_page import full_asks
from tests.conformance.permissions.neighbours import NOTHING, Facts
from tests.conformance.permissions.place import HERE

KEY = HERE.arn("kms", "key/11111111-2222-3333-4444-555555555555")
CERTIFICATE = HERE.arn("acm", "certificate/11111111")
TARGET = HERE.arn("application-autoscaling", "scalable-target/0ec5")
MARK = f"tap/dev/{HERE.region}/{HERE.account}"
MADE = (
    ("kms:TagResource", KEY),
    ("acm:AddTagsToCertificate", CERTIFICATE),
    ("application-autoscaling:TagResource", TARGET),
)


def may_mark(
    action: str, resource: str, there: str = "", alias: str = "", more: Facts = NOTHING
) -> bool:
    """Return whether the deployer may tag an owned resource, with an alias, as the stack's."""
    context = {**more, f"aws:requesttag/{OWNER}": (f"{MARK}/it",)}
    if there:
        context[f"aws:resourcetag/{OWNER}"] = (there,)
    if alias:
        context["kms:resourcealiases"] = (alias,)
    found = lines(policy.document for policy in policies("deployer", full_asks()))
    return allowed(Ask(action, resource, context), found)


@pytest.mark.parametrize(("action", "resource"), MADE)
def test_what_is_made_may_be_marked(action: str, resource: str) -> None:
    assert may_mark(action, resource)
    assert may_mark(action, resource, there=f"{MARK}/it")


@pytest.mark.parametrize(("action", "resource"), MADE)
def test_what_is_another_stacks_may_not(action: str, resource: str) -> None:
    assert not may_mark(action, resource, there=MARK.replace("/dev/", "/dev-2/") + "/it")


@pytest.mark.parametrize(
    "told",
    [("kms:keyspec", "RSA_2048"), ("kms:keyorigin", "EXTERNAL"), ("kms:multiregion", "true")],
)
def test_a_key_of_another_make_may_not(told: tuple[str, str]) -> None:
    key, value = told
    assert not may_mark("kms:TagResource", KEY, more={key: (value,)})


def test_a_customers_key_may_not() -> None:
    assert not may_mark("kms:TagResource", KEY, alias="alias/theirs")
    assert may_mark("kms:TagResource", KEY, alias="alias/tap-dev")
