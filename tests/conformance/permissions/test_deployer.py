"""The deployer's policy is sufficient, minimal, limited to its stack, and read-only for reading."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pprint import pformat

import pytest

from provision.aws.access import READ_PREFIXES
from provision.permissions.requirements import DELETE, READ, WRITE
from provision.steps import KINDS
from provision.workflows.deployer_policy import Purpose
from tests.conformance.permissions.evaluation import Ask, Index, Line, lines
from tests.conformance.permissions.guard import Guard, Judged
from tests.conformance.permissions.lifecycle import LOOKING, MAKING, REMOVING, Life
from tests.conformance.permissions.manual_edits import DEAD_ROLE, SECOND_TABLE

PARTS = {
    **dict.fromkeys(LOOKING, READ),
    **dict.fromkeys(MAKING, WRITE),
    **dict.fromkeys(REMOVING, DELETE),
}
NEEDING_NONE = {"sts.GetCallerIdentity"}
LET_THROUGH = {"RevokeSecurityGroupEgress"}
"""The rule is of a VPC's default group, which has no tag and whose VPC has no id beforehand."""
SEEN_OF_ALL = {
    "apigateway:GetAccount",
    "apigateway:GetApiKey",
    "apigateway:GetApiKeys",
    "apigateway:GetDeployment",
    "apigateway:GetDeployments",
    "apigateway:GetGatewayResponses",
    "apigateway:GetModels",
    "apigateway:GetRequestValidators",
    "apigateway:GetResources",
    "apigateway:GetRestApi",
    "apigateway:GetRestApis",
    "apigateway:GetStages",
    "apigateway:GetUsagePlan",
    "apigateway:GetUsagePlanKeys",
    "apigateway:GetUsagePlans",
    "application-autoscaling:DescribeScalableTargets",
    "application-autoscaling:DescribeScalingPolicies",
    "application-autoscaling:ListTagsForResource",
    "cloudwatch:DescribeAlarms",
    "dynamodb:ListBackups",
    "ec2:DescribeEgressOnlyInternetGateways",
    "ec2:DescribeInternetGateways",
    "ec2:DescribeManagedPrefixLists",
    "ec2:DescribeNetworkAcls",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcAttribute",
    "ec2:DescribeVpcEndpoints",
    "ec2:DescribeVpcPeeringConnections",
    "ec2:DescribeVpcs",
    "ec2:DescribeVpnGateways",
    "iam:GetRole",
    "lambda:ListLayerVersions",
    "logs:DescribeLogGroups",
    "logs:ListTagsForResource",
    "resourcegroupstaggingapi:GetResources",
    "sts:GetCallerIdentity",
}
"""Reads of other stacks that the policy allows.

Lists, which AWS checks on no resource; resources with numbers that only AWS knows; the shared role.
Reads do not require the owner tag: a resource that lost it, or is deleted, must be seen as such and
not refused.
"""
COMMANDS = {
    Purpose.STATUS: {"status"},
    Purpose.DOWN: {"down", "leftovers"},
    Purpose.OPERATE: {"operate"},
}
SELDOM = {
    "acm.certificate": {"apigateway.GetDomainNames"},
    "ec2.network_interfaces": {"lambda.DeleteFunction"},
    "ec2.security_group": {"ec2.DescribeVpcEndpoints"},
    "ec2.subnet": {
        "ec2.DescribeVpcEndpoints",
        "ec2.DeleteNetworkInterface",
        "lambda.DeleteFunction",
        "lambda.ListVersionsByFunction",
    },
}
"""Calls made only in rare cases, which the kinds' own tests cover.

Old versions of a function or a foreign endpoint keep a network that is being deleted, or a
certificate is in use.
"""


def test_a_whole_life_runs_under_exactly_the_printed_policies(life: Life) -> None:
    for name, guard in life.guards.items():
        assert guard.judged, name
        assert guard.refused == [], name


def test_so_does_a_second_stack_with_a_customers_key(life: Life) -> None:
    assert life.theirs.refused == []
    found = life.theirs.index.found
    using = [line for line in found if ":kms:" in line.resource]
    given = {line.action for line in using if not line.resource.endswith("*")}
    assert {"kms:CreateGrant", "kms:Decrypt", "kms:Encrypt"} < given
    assert set(using) <= needed(found, asked(life.theirs))


def test_what_has_a_name_of_no_policy_is_told_nevertheless(life: Life) -> None:
    """It holds for a second table with our owner tag, and for the account's role."""
    assert life.reasons.keys() == {"status", "down look"}
    for told in life.reasons.values():
        assert f"{SECOND_TABLE} carries its owner tag, and so does " in told["table.items"]
        assert f"its role {DEAD_ROLE} does not exist" in told["api.account"]


def test_every_kind_declares_exactly_the_calls_it_makes(life: Life) -> None:
    made: dict[tuple[str, str], set[str]] = {}
    for (kind, verb), calls in life.calls.items():
        made.setdefault((kind, PARTS.get(verb, verb)), set()).update(calls)
    wrong = {}
    for kind, step in KINDS.items():
        look = {call.operation for call in step.API_CALLS.read}
        make = {call.operation for call in step.API_CALLS.write}
        remove = {call.operation for call in step.API_CALLS.delete}
        seen = {part: made.get((kind, part), set()) - NEEDING_NONE for part in PARTS.values()}
        undeclared = {
            READ: seen[READ] - look,
            WRITE: seen[WRITE] - look - make,
            DELETE: seen[DELETE] - look - remove,
        }
        never = {
            READ: look - seen[READ] - SELDOM.get(kind, set()),
            WRITE: make - seen[WRITE] - SELDOM.get(kind, set()),
            DELETE: remove - seen[DELETE] - SELDOM.get(kind, set()),
        }
        if any(undeclared.values()) or any(never.values()):
            wrong[kind] = (
                {p: sorted(c) for p, c in undeclared.items() if c},
                {p: sorted(c) for p, c in never.items() if c},
            )
    assert not wrong, pformat(wrong)


@pytest.mark.parametrize("purpose", [Purpose.ALL, Purpose.STATUS, Purpose.DOWN, Purpose.OPERATE])
def test_no_line_of_a_policy_can_be_taken_away(life: Life, purpose: Purpose) -> None:
    """Each action on each resource is the only one that allows some call of the life cycle."""
    found = lines(life.printed[purpose])
    asks = [
        ask
        for name, guard in life.guards.items()
        if purpose is Purpose.ALL or name.partition(" ")[0] in COMMANDS[purpose]
        for ask in asked(guard)
    ]
    idle = set(found) - needed(found, asks)
    assert not idle, pformat(idle)


def needed(found: Sequence[Line], asks: Iterable[Ask]) -> set[Line]:
    """Return the lines that alone allow some request."""
    index = Index(found)
    allowing = (index.concerning(ask) for ask in asks)
    return {some[0] for some in allowing if len(some) == 1}


def asked(guard: Guard) -> list[Ask]:
    return [ask for judged in guard.judged for ask in judged.asks]


def test_a_second_stack_is_out_of_reach(life: Life) -> None:
    """Every write of a neighbour's life cycle is refused, and every read of a named resource."""
    found = Index(lines(life.printed[Purpose.UP]))
    writes = [j for j in life.theirs.judged if not j.sent.operation.startswith(READ_PREFIXES)]
    assert len(writes) > 100
    let_through = {
        judged.sent.operation
        for judged in writes
        if all(map(found.allows, judged.asks)) and not shared(judged)
    }
    assert let_through == LET_THROUGH
    looks = [j for j in life.theirs.judged if j.sent.operation.startswith(READ_PREFIXES)]
    seen = {j.sent.action for j in looks if all(map(found.allows, j.asks))}
    assert seen == SEEN_OF_ALL


def shared(judged: Judged) -> bool:
    """Return whether it is the one setting of the account that all stacks share."""
    return "provision-api-gateway-logs" in str(judged.sent.params)
