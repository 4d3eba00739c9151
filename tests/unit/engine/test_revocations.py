"""Access is revoked last: code that is live until the end of `up` loses nothing it uses."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, Final

import pytest

from provision.errors import ProvisionError
from provision.model.capabilities import GrantsAccess
from provision.model.stack import Stack
from provision.model.step import Document, Step
from provision.plan.change import Action
from provision.stack.grants import GrantedTable, table_access
from provision.steps import KINDS
from provision.steps.ec2.endpoint import POLICY_SPACE
from provision.steps.ec2.gateway_endpoint import GatewayEndpoint
from provision.steps.ec2.security_group import Rule, SecurityGroup
from provision.steps.iam.role import Role
from provision.steps.iam.role_policies import SPACE, RolePolicies
from provision.steps.iam_policy import VERSION, as_text, canonical, with_rights_of
from provision.steps.sqs.queue import Queue
from tests.support.harness import Died, Recorder, Where, Workshop, new_aws

OUTSIDE_CODE: Final = {
    "kms.key": "names all log groups and alarms of the stack by a pattern that never changes",
    "sns.topic": "as the key",
    "sqs.queue": "only denies what is not TLS",
}
"""Kinds with a policy that no edit of config.yaml reduces."""


TABLE: Final = "arn:aws:dynamodb:us-east-1:123456789012:table/"


def allow(actions: str, *resources: str, **more: Any) -> Document:
    named = [f"{TABLE}{resource}" for resource in resources]
    statement = {"Effect": "Allow", "Action": actions.split(), "Resource": named, **more}
    return canonical({"Version": VERSION, "Statement": [statement]})


READ_BOTH = {"items": allow("dynamodb:GetItem", "items"), "old": allow("dynamodb:GetItem", "old")}
READ_ONE = {"items": READ_BOTH["items"]}


def code(policies: dict[str, Document], *, live: str, role: str = "items") -> Stack:
    """Return a stack of a role, its grants, and a queue that replaces the code needing them."""
    stack = Stack("tap-dev")
    made = stack.add(
        "role", lambda _: Role(name=f"tap-dev-{role}", service="lambda.amazonaws.com", tags={})
    )
    grants = stack.add(
        "grants", lambda get: RolePolicies(role=get(made).name, policies=policies), needs=[made]
    )
    stack.add("code", lambda _: Queue(name="tap-dev-code", tags={"live": live}), after=[grants])
    return stack


def test_what_no_longer_is_granted_goes_after_the_code_that_used_it(workshop: Workshop) -> None:
    workshop.run(code(READ_BOTH, live="1"), "up")
    workshop.run(code(READ_ONE, live="2"), "up")
    assert workshop.last.writes == ["TagQueue", "DeleteRolePolicy"]
    workshop.run(code(READ_ONE, live="2"), "up")
    assert workshop.last.writes == []


def test_what_is_granted_anew_comes_before_and_the_old_goes_after(workshop: Workshop) -> None:
    workshop.run(
        code({"items": allow("dynamodb:GetItem dynamodb:PutItem", "items")}, live="1"), "up"
    )
    narrower = {"items": allow("dynamodb:GetItem dynamodb:Query", "items")}
    workshop.run(code(narrower, live="2"), "up")
    assert workshop.last.writes == ["PutRolePolicy", "TagQueue", "PutRolePolicy"]
    shown = new_aws().iam.get_role_policy(RoleName="tap-dev-items", PolicyName="items")
    assert canonical(shown["PolicyDocument"]) == narrower["items"]  # type: ignore[arg-type]


def test_what_only_grows_is_written_once(workshop: Workshop) -> None:
    workshop.run(code(READ_ONE, live="1"), "up")
    wider = {"items": allow("dynamodb:GetItem dynamodb:PutItem", "items", "more")}
    workshop.run(code(wider, live="2"), "up")
    assert workshop.last.writes == ["PutRolePolicy", "TagQueue"]


def test_what_somebody_else_gave_goes_at_once(workshop: Workshop) -> None:
    workshop.run(code(READ_ONE, live="1"), "up")
    new_aws().iam.put_role_policy(
        RoleName="tap-dev-items", PolicyName="theirs", PolicyDocument=as_text(allow("*", "*"))
    )
    workshop.run(code(READ_ONE, live="2"), "up")
    assert workshop.last.writes == ["DeleteRolePolicy", "TagQueue"]


def test_a_role_of_another_name_stands_before_the_old_one_goes(workshop: Workshop) -> None:
    workshop.run(code(READ_BOTH, live="1"), "up")
    workshop.run(code(READ_ONE, live="2", role="renamed"), "up")
    gone = ["DeleteRolePolicy", "DeleteRolePolicy", "DeleteRole"]
    assert workshop.last.writes == ["CreateRole", "PutRolePolicy", "TagQueue", *gone]


def test_a_run_that_ends_before_takes_nothing_away_and_the_next_does(workshop: Workshop) -> None:
    workshop.run(code(READ_BOTH, live="1"), "up")

    class Denied(Recorder):
        def _before(self, model: Any, **more: Any) -> None:
            super()._before(model, **more)
            if model.name == "TagQueue":
                raise ProvisionError("not you")

    with pytest.raises(ProvisionError, match="not you"):
        workshop.run(code(READ_ONE, live="2"), "up", recorder=Denied())
    assert "DeleteRolePolicy" not in workshop.last.writes
    workshop.forget()
    outcome = workshop.run(code(READ_ONE, live="2"), "up")
    assert workshop.last.writes == ["TagQueue", "DeleteRolePolicy"]
    assert outcome.changes["grants"].action is Action.UPDATE


@pytest.mark.parametrize("where", Where)
def test_killed_anywhere_it_ends_as_wanted(workshop: Workshop, where: Where) -> None:
    old = {"items": allow("dynamodb:GetItem dynamodb:PutItem", "items"), "old": READ_BOTH["old"]}
    new = {"items": allow("dynamodb:GetItem dynamodb:Query", "items")}
    for number in range(1, 5):
        workshop.run(code(old, live="1"), "up")
        with pytest.raises(Died):
            workshop.run(code(new, live="2"), "up", recorder=Recorder(die=(where, number)))
        workshop.run(code(new, live="2"), "up")
        wanted = RolePolicies(role="tap-dev-items", policies=new)
        assert wanted.observe(new_aws()) == wanted


def test_more_than_a_role_takes_is_not_asked_for() -> None:
    """Old grants are revoked at once if AWS would refuse old and new together."""
    long = {name: allow("a:B", *(f"{name}{n:0200}" for n in range(30))) for name in ("one", "two")}
    have = RolePolicies(role="r", policies={"one": long["one"]})
    want = RolePolicies(role="r", policies={"two": long["two"]})
    assert len(as_text(long["one"])) < SPACE < 2 * len(as_text(long["one"]))
    assert want.keeping_access_of(have) == want


def test_an_endpoint_lets_the_old_tables_pass_until_then() -> None:
    ours = {"Principal": {"AWS": ["*"]}, "Sid": "OwnTables"}
    have = endpoint(allow("dynamodb:*", "items", "old", **ours))
    want = endpoint(allow("dynamodb:*", "items", "new", **ours))
    (first, second) = want.keeping_access_of(have).policy["Statement"]
    named = {name.removeprefix(TABLE) for each in (first, second) for name in each["Resource"]}
    assert named == {"items", "old", "new"}
    assert [each.get("Sid") for each in (first, second)].count("OwnTables") == 1


def test_more_than_an_endpoints_policy_takes_is_not_asked_for() -> None:
    old, new = (allow("a:B", *(f"{name}{n:0200}" for n in range(50))) for name in ("one", "two"))
    assert len(as_text(old)) < POLICY_SPACE < 2 * len(as_text(old))
    want = endpoint(new)
    assert want.keeping_access_of(endpoint(old)) == want


def test_the_statements_of_older_versions_are_covered_by_those_of_now() -> None:
    """A grant that only grew is written once, and nothing is revoked after it."""
    tables = (
        GrantedTable(f"{TABLE}a", "read", sort_key=False),
        GrantedTable(f"{TABLE}b", "read", sort_key=True),
        GrantedTable(f"{TABLE}c", "write", sort_key=True),
    )
    inside = {"Condition": {"StringEquals": {"aws:SourceVpc": ["vpc-1"]}}}
    reading, querying = "dynamodb:GetItem dynamodb:Scan", "dynamodb:Query"
    writing = "dynamodb:DeleteItem dynamodb:PutItem dynamodb:UpdateItem"
    old = canonical(
        {
            "Version": VERSION,
            "Statement": [
                *allow(reading, "a", **inside)["Statement"],
                *allow(f"{reading} {querying}", "b", "b/index/*", **inside)["Statement"],
                *allow(f"{reading} {writing} {querying}", "c", "c/index/*", **inside)["Statement"],
            ],
        }
    )
    now = table_access(tables, "vpc-1")
    assert with_rights_of(now, old) == now


def endpoint(policy: Document) -> GatewayEndpoint:
    return GatewayEndpoint(
        vpc_id="vpc-1", service="dynamodb", route_table_ids=(), policy=policy, tags={}
    )


def test_a_group_lets_out_what_it_let_out_until_then() -> None:
    rules = [Rule("tcp", 443, 443, target) for target in ("10.0.0.0/28", "pl-1")]
    have = SecurityGroup(vpc_id="vpc-1", name="g", egress=tuple(rules), tags={})
    want = replace(have, egress=(rules[1],))
    assert want.keeping_access_of(have) == have


def test_a_new_denial_waits_and_one_that_is_gone_does_not() -> None:
    def deny(action: str) -> Document:
        return {"Effect": "Deny", "Action": [action], "Resource": ["*"]}

    old = canonical({"Version": VERSION, "Statement": [deny("a:Old"), deny("a:Both")]})
    new = canonical({"Version": VERSION, "Statement": [deny("a:New"), deny("a:Both")]})
    assert with_rights_of(new, old)["Statement"] == [deny("a:Both")]


def test_every_kind_that_gives_rights_keeps_them_meanwhile() -> None:
    def gives(kind: type[Step]) -> bool:
        return any(each.name in {"policy", "policies"} for each in fields(kind))

    giving = {name for name, kind in KINDS.items() if gives(kind)}
    keeping = {name for name, kind in KINDS.items() if issubclass(kind, GrantsAccess)}
    assert giving - keeping == set(OUTSIDE_CODE)
