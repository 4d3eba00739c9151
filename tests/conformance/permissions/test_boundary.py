"""The printed boundary lets the stack's roles work, and be given nothing more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from provision.permissions.policies import MOST_CHARACTERS
from provision.stack import StackInputs
from provision.workflows.boundary_policy import boundary_policy, is_exact
from tests.conformance.permissions.evaluation import Ask, Line, allowed, lines
from tests.conformance.permissions.lifecycle import FULL
from tests.conformance.permissions.neighbours import (
    STACKS,
    TAG,
    Facts,
    Resident,
    account,
    residents,
)
from tests.conformance.permissions.place import HERE
from tests.conformance.permissions.test_neighbours import BY_LAMBDA, LISTING_GROUPS
from tests.conformance.permissions.test_roles import ALLOWED, CODE, DENIED, TABLE, arn
from tests.support.sample_stack import TinySources, configured

ROLE = "arn:aws:iam::012345678901:role/tap-dev-us-east-1-items"
GATEWAYS = {"aws:principalarn": ("arn:aws:iam::012345678901:role/provision-api-gateway-logs",)}
FUNCTIONS = {"aws:principalarn": (ROLE,)}
BEYOND = [
    *(
        Ask(f"iam:{action}", ROLE)
        for action in ("AttachRolePolicy", "PassRole", "PutRolePolicy", "UpdateAssumeRolePolicy")
    ),
    Ask("iam:DeleteRolePermissionsBoundary", ROLE),
    Ask("iam:CreatePolicyVersion", "arn:aws:iam::012345678901:policy/tap-dev-us-east-1-boundary"),
    Ask("iam:CreateAccessKey", "arn:aws:iam::012345678901:user/admin"),
    Ask("sts:AssumeRole", "arn:aws:iam::012345678901:role/admin"),
    Ask("organizations:LeaveOrganization", "*"),
    Ask("account:PutAlternateContact", "*"),
    Ask("lambda:UpdateFunctionCode", arn("lambda", "function:tap-dev-items")),
    Ask("lambda:InvokeFunction", arn("lambda", "function:tap-dev-items")),
    Ask("logs:GetLogEvents", arn("logs", "log-group:/aws/lambda/other:*"), FUNCTIONS),
    Ask("s3:GetObject", "arn:aws:s3:::anything"),
    Ask("ec2:RunInstances", "*"),
    Ask("dynamodb:DeleteTable", TABLE),
]


NOT_NUMBERED = {
    *(
        (f"kms:{action}", "key/*")
        for action in ("Decrypt", "DescribeKey", "Encrypt", "ReEncryptFrom", "ReEncryptTo")
    ),
    ("kms:GenerateDataKey", "key/*"),
    ("kms:GenerateDataKeyWithoutPlaintext", "key/*"),
}
"""Keys without an id before the stack exists.

The boundary allows them only by a service whose own resources it names.
"""


def boundary(directory: Path, changes: dict[str, Any]) -> list[Line]:
    return lines([boundary_policy(inputs(directory, changes)).document])


def inputs(directory: Path, changes: dict[str, Any]) -> StackInputs:
    return StackInputs(
        configured(directory, changes),
        HERE,
        ("us-east-1a", "us-east-1b"),
        TinySources(directory / "zips"),
        lambda api, stage: f"https://{api}/{stage}",
    )


@pytest.fixture(scope="module")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> list[Resident]:
    return residents(tmp_path_factory.mktemp("residents"), STACKS[:4])


def test_a_function_works_under_it(tmp_path: Path) -> None:
    found = boundary(tmp_path, {**FULL, "tables": {"orders": {"key": "id"}}})
    assert [ask for ask in ALLOWED if not allowed(ask, found)] == []


def test_nothing_that_any_role_of_the_stack_is_granted_is_lost(stacks: list[Resident]) -> None:
    """For each line of a role, the boundary has a line as wide, with no more conditions."""
    for stack in stacks:
        bound = lines([stack.boundary.document])
        for line in (line for found in stack.roles.values() for line in found):
            if line.effect == "Allow":
                there = replace(line, resource=line.resource.replace("*", "x"))
                facts = stack.owns.get(line.resource, {})
                assert any(_holds(wide, there, facts) for wide in bound), line


def _holds(wide: Line, line: Line, facts: Facts) -> bool:
    """Return whether `wide` covers it; `facts` are the resource's condition keys at creation."""
    more = tuple(test for test in wide.tests if test not in line.tests)
    if wide.effect != "Allow" or any(not test[1].startswith("aws:resourcetag/") for test in more):
        return False
    return replace(wide, tests=more).concerns(Ask(line.action, line.resource, facts))


def test_api_gateway_writes_its_logs_under_it_and_no_function_any_others(tmp_path: Path) -> None:
    found = boundary(tmp_path, {})
    theirs = arn("logs", "log-group:/aws/apigateway/another:*")
    assert allowed(Ask("logs:PutLogEvents", theirs, GATEWAYS), found)
    assert not allowed(Ask("logs:PutLogEvents", theirs, FUNCTIONS), found)


@pytest.mark.parametrize("ask", BEYOND, ids=lambda ask: ask.action)
def test_whatever_a_role_is_given_it_may_do_nothing_else(tmp_path: Path, ask: Ask) -> None:
    everything = lines([{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}])
    assert allowed(ask, everything)
    assert not allowed(ask, boundary(tmp_path, dict(FULL)))


def test_rights_are_denied_and_not_only_left_out(tmp_path: Path) -> None:
    """Only a denial stops permissions that a resource's policy grants to a role's session."""
    given = lines([{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}])
    found = [*boundary(tmp_path, {}), *given]
    services = {"account", "iam", "organizations", "sts"}
    rights = [ask for ask in BEYOND if ask.action.partition(":")[0] in services]
    assert {ask.action.partition(":")[0] for ask in rights} == services
    assert [ask for ask in rights if allowed(ask, found)] == []


def test_a_functions_code_is_kept_from_the_network_whatever_its_role_says(tmp_path: Path) -> None:
    found = boundary(tmp_path, dict(FULL))
    network = [ask for ask in DENIED if ask.action.startswith("ec2:") and ask.context == CODE]
    assert len(network) == len(BY_LAMBDA)
    assert [ask for ask in network if allowed(ask, found)] == []


@pytest.mark.parametrize("kind", ["subnet", "security-group"])
def test_a_function_gets_into_no_other_stacks_network_whatever_its_role_says(
    tmp_path: Path, kind: str
) -> None:
    found = boundary(tmp_path, dict(FULL))

    def joins(owner: Facts) -> bool:
        return allowed(Ask("ec2:CreateNetworkInterface", arn("ec2", f"{kind}/it"), owner), found)

    place = f"{HERE.region}/{HERE.account}/network"
    assert joins({TAG: (f"tap/dev/{place}",)})
    assert not joins({TAG: (f"tap/dev-2/{place}",)})
    assert not joins({})


def test_of_other_roles_only_those_are_assumed_that_a_function_names(tmp_path: Path) -> None:
    named = "arn:aws:iam::012345678901:role/reports"
    policy = [{"actions": ["sts:AssumeRole"], "resources": [named]}]
    found = boundary(tmp_path, {"functions": {"items": {"policy": policy}}})
    assert allowed(Ask("sts:AssumeRole", named), found)
    assert not allowed(Ask("sts:AssumeRole", "arn:aws:iam::012345678901:role/admin"), found)
    assert not allowed(Ask("iam:PassRole", named), found)
    assert not allowed(Ask("sts:AssumeRole", named), boundary(tmp_path, {}))


def test_own_statements_are_in_it_with_their_conditions(tmp_path: Path) -> None:
    policy = [
        {
            "actions": ["s3:GetObject"],
            "resources": ["arn:{partition}:s3:::docs-{account}/*"],
            "conditions": {"StringEquals": {"aws:PrincipalAccount": "{account}"}},
        }
    ]
    found = boundary(tmp_path, {"functions": {"items": {"policy": policy}}})
    ours = {"aws:principalaccount": ("012345678901",)}
    assert allowed(Ask("s3:GetObject", "arn:aws:s3:::docs-012345678901/a", ours), found)
    assert not allowed(Ask("s3:GetObject", "arn:aws:s3:::docs-012345678901/a"), found)
    assert not allowed(Ask("s3:PutObject", "arn:aws:s3:::docs-012345678901/a", ours), found)


def test_a_role_under_it_reaches_nothing_of_another_stack(stacks: list[Resident]) -> None:
    for ours in stacks:
        theirs = account(stack for stack in stacks if stack is not ours)
        bound = lines([ours.boundary.document])
        assert theirs.reached(bound, FUNCTIONS) == BY_LAMBDA | LISTING_GROUPS | NOT_NUMBERED
        through = [line for line in bound if line.action.startswith("kms:")]
        assert all("kms:ViaService" in line.condition for line in through)


def test_with_names_too_many_for_a_policy_it_holds_for_all_that_begin_so(tmp_path: Path) -> None:
    many: dict[str, Any] = {"tables": {f"a-table-of-many-{n}": {"key": "id"} for n in range(60)}}
    small, large = inputs(tmp_path / "small", {}), inputs(tmp_path / "large", many)
    assert is_exact(small, boundary_policy(small))
    policy = boundary_policy(large)
    assert not is_exact(large, policy)
    assert policy.characters <= MOST_CHARACTERS
    another = TABLE.replace("items", "a-table-of-many-59")
    assert allowed(Ask("dynamodb:GetItem", another), lines([policy.document]))
