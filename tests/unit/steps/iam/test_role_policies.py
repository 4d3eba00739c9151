"""A role's inline policies: the contract, undeclared ones, and the role missing."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from botocore.exceptions import ClientError
from moto.iam.exceptions import NotFoundException
from moto.iam.models import IAMBackend

from provision.model.step import Document
from provision.plan.change import Action
from provision.steps.iam.role import Role
from provision.steps.iam.role_policies import OWN, SPACE, RolePolicies
from provision.steps.iam_policy import VERSION, as_text, canonical, trust
from tests.support.harness import Workshop, new_aws, one_node
from tests.support.moto_patches import identity
from tests.unit.steps.contract import StepContract

ROLE = "tap-dev-items"
NO_POLICY = "arn:aws:iam::123456789012:policy/no-such-policy"


def allow(*actions: str) -> Document:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": ["*"]}
    return canonical({"Version": VERSION, "Statement": [statement]})


POLICIES = RolePolicies(role=ROLE, policies={"logs": allow("logs:PutLogEvents"), "x": allow("a:B")})


def make_role() -> None:
    new_aws().iam.create_role(
        RoleName=ROLE, AssumeRolePolicyDocument=as_text(trust("lambda.amazonaws.com"))
    )


class TestRolePolicies(StepContract):
    edits: ClassVar = {"policies": {"logs": allow("logs:CreateLogStream"), "y": allow("c:D")}}

    def given(self, aws: Any) -> RolePolicies:
        make_role()
        return POLICIES


def test_wide_statements_are_a_risk_when_they_are_written() -> None:
    own = {**POLICIES.policies, OWN: allow("s3:*")}
    wide = RolePolicies(role=ROLE, policies=own, wide=("reports", "backups"))
    assert [risk.why for risk in wide.own_risks(None)] == ["wide: reports", "wide: backups"]
    assert [risk.why for risk in wide.own_risks(POLICIES)] == ["wide: reports", "wide: backups"]
    assert wide.own_risks(wide) == ()
    assert POLICIES.own_risks(None) == ()


def test_a_narrowed_statement_keeps_its_actions_until_the_last_walk() -> None:
    before = RolePolicies(role=ROLE, policies={OWN: allow("s3:GetObject", "s3:PutObject")})
    after = RolePolicies(role=ROLE, policies={OWN: allow("s3:GetObject")})
    kept = after.keeping_access_of(before).policies[OWN]["Statement"]
    assert {action for each in kept for action in each["Action"]} == {
        "s3:GetObject",
        "s3:PutObject",
    }
    gone = RolePolicies(role=ROLE, policies={"logs": allow("logs:PutLogEvents")})
    assert OWN in gone.keeping_access_of(before).policies
    assert before.keeping_access_of(after) == before


@pytest.fixture
def _role(account: None) -> None:
    make_role()


@pytest.mark.usefixtures("_role")
def test_policy_added_by_hand_is_removed_and_alone(workshop: Workshop) -> None:
    workshop.run(one_node(POLICIES), "up")
    new_aws().iam.put_role_policy(
        RoleName=ROLE, PolicyName="extra", PolicyDocument=as_text(allow("*"))
    )
    finding = workshop.run(one_node(POLICIES), "up").changes["it"]
    assert set(finding.diffs[0].have) == {"extra", "logs", "x"}
    assert workshop.last.writes == ["DeleteRolePolicy"]


@pytest.mark.usefixtures("_role")
def test_only_what_differs_is_put_before_anything_is_taken(workshop: Workshop) -> None:
    workshop.run(one_node(POLICIES), "up")
    other = {"logs": POLICIES.policies["logs"], "y": allow("c:D")}
    workshop.run(one_node(RolePolicies(role=ROLE, policies=other)), "up")
    assert workshop.last.writes == ["PutRolePolicy", "DeleteRolePolicy"]


def wide(characters: int) -> Document:
    """Return a policy of so many characters."""
    bare = len(as_text(allow("a:")))
    return allow("a:" + "b" * (characters - bare))


@pytest.mark.usefixtures("_role")
@pytest.mark.parametrize(
    ("before", "after", "writes"),
    [
        ({"old": 5000}, {"new": 5240}, ["Put", "Delete"]),
        ({"old": 5000}, {"new": 5241}, ["Delete", "Put"]),
        ({"a": 1000, "b": 9000, "old": 240}, {"a": 9000, "b": 1000}, ["Put b", "Put a", "Delete"]),
        ({"a": 1000, "b": 9000, "old": 240}, {"a": 9001, "b": 1000}, ["Delete", "Put b", "Put a"]),
    ],
)
def test_what_a_role_cannot_hold_at_once_is_taken_first(
    workshop: Workshop,
    monkeypatch: pytest.MonkeyPatch,
    before: dict[str, int],
    after: dict[str, int],
    writes: list[str],
) -> None:
    """AWS counts the total size at every call."""
    held: dict[str, int] = {}
    order: list[str] = []

    def put(_: object, __: object, name: str, document: str) -> None:
        held[name] = len(document)
        order.append(f"Put {name}")
        assert sum(held.values()) <= SPACE

    def drop(_: object, __: object, name: str) -> None:
        del held[name]
        order.append("Delete")

    monkeypatch.setattr(IAMBackend, "put_role_policy", put)
    monkeypatch.setattr(IAMBackend, "delete_role_policy", drop)
    have, want = (
        RolePolicies(role=ROLE, policies={name: wide(size) for name, size in sizes.items()})
        for sizes in (before, after)
    )
    have.create(new_aws())
    order.clear()
    want.update(new_aws(), have, {"policies"})
    assert [made if " b" in made or " a" in made else made.split()[0] for made in order] == writes
    assert held == after


def test_role_gone_means_nothing_there_and_nothing_to_do(workshop: Workshop) -> None:
    make_role()
    workshop.run(one_node(POLICIES), "up")
    iam = new_aws().iam
    for name in POLICIES.policies:
        iam.delete_role_policy(RoleName=ROLE, PolicyName=name)
    iam.delete_role(RoleName=ROLE)
    assert workshop.run(one_node(POLICIES), "plan").changes["it"].action is Action.CREATE
    POLICIES.delete(new_aws())
    workshop.run(one_node(POLICIES), "down")
    assert workshop.last.writes == []


@pytest.mark.usefixtures("_role")
def test_more_policies_than_one_page(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "PAGE", 2)
    many = {f"p{number:03}": allow(f"a:Do{number}") for number in range(5)}
    wanted = RolePolicies(role=ROLE, policies=many)
    workshop.run(one_node(wanted), "up")
    assert wanted.observe(new_aws()) == wanted


@pytest.mark.usefixtures("_role")
@pytest.mark.parametrize("verb", [RolePolicies.observe, RolePolicies.delete])
def test_policy_that_goes_while_looking_is_not_there(verb: Any, workshop: Workshop) -> None:
    workshop.run(one_node(POLICIES), "up")

    def take_one(**_: Any) -> None:
        new_aws().iam.delete_role_policy(RoleName=ROLE, PolicyName="x")

    aws = new_aws()
    aws.iam.meta.events.register("after-call.iam.ListRolePolicies", take_one)
    verb(POLICIES, aws)
    seen = POLICIES.observe(new_aws())
    left = seen.policies if seen else {}
    assert left == ({"logs": POLICIES.policies["logs"]} if verb is RolePolicies.observe else {})


def test_role_made_a_moment_ago_may_not_be_seen_yet(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PutRolePolicy may not know the role for seconds (I5)."""
    put_role_policy = IAMBackend.put_role_policy
    limitations = ["first", "second"]

    def put_when_seen(self: Any, role: str, *rest: Any) -> None:
        if limitations:
            limitations.pop()
            raise NotFoundException(f"The role with name {role} cannot be found.")
        put_role_policy(self, role, *rest)

    monkeypatch.setattr(IAMBackend, "put_role_policy", put_when_seen)
    make_role()
    workshop.run(one_node(POLICIES), "up")
    assert POLICIES.observe(new_aws()) == POLICIES


def test_managed_policy_that_does_not_exist_is_not_waited_for(account: None) -> None:
    """The code is the same, but waiting does not create a policy."""
    role = Role(name=ROLE, service="lambda.amazonaws.com", attached=(NO_POLICY,), tags={})
    aws = new_aws()
    with pytest.raises(ClientError, match="NoSuchEntity"):
        role.create(aws)
    assert aws.calls.retried == 0
