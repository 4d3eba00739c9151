"""The printed policies and the functions' roles reach only listed resources of other stacks.

Those are in one account, with names that begin or end as ours, here and in another region. Each
exception has its reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pytest

from provision.aws.access import READ_PREFIXES
from provision.workflows.deployer_policy import Purpose
from tests.conformance.permissions.full_page import MARK, PAGE
from tests.conformance.permissions.neighbours import (
    ALIAS,
    TAG,
    VPC,
    Account,
    Resident,
    account,
    marking_actions,
    residents,
)

ANY_NAME = "makes what is not there yet, of any name that a certificate of the account has"
SHARED = "one of the account, which is every stack's (A20)"
NEW = "makes what is not there yet; an answer that it is, where it is"
ALSO_ON_THE_STAGE = "AWS also asks for apigateway:SetWebACL, which the stage's tag holds"
ALSO_ON_WHAT_IS_TAGGED = "API Gateway also asks for a PATCH of the resource, which its tag holds"
NOT_THEIRS = "only on what has no owner tag"

SCALING: Final = "application-autoscaling"
SERVICES_ROLES: Final = (
    f"dynamodb.{SCALING}.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_DynamoDBTable",
    "ops.apigateway.amazonaws.com/AWSServiceRoleForAPIGateway",
)
WRITTEN: Final[Mapping[tuple[str, str], str]] = {
    ("acm:RequestCertificate", "*"): NEW,
    **{("apigateway:POST", f"/{kind}"): NEW for kind in ("apikeys", "restapis", "usageplans")},
    ("apigateway:POST", "/domainnames"): ANY_NAME,
    **{
        (f"apigateway:{method}", f"/tags//{kind}/*"): ALSO_ON_WHAT_IS_TAGGED
        for method in ("PUT", "DELETE")
        for kind in ("apikeys", "restapis", "usageplans")
    },
    ("apigateway:PATCH", "/account"): SHARED,
    ("cloudwatch:DeleteAlarms", "*"): NOT_THEIRS,
    ("cloudwatch:PutMetricAlarm", "*"): NOT_THEIRS,
    ("ec2:CreateFlowLogs", "vpc-flow-log/*"): NEW,
    ("ec2:CreateRouteTable", "route-table/*"): NEW,
    ("ec2:CreateSecurityGroup", "security-group/*"): NEW,
    ("ec2:CreateSubnet", "subnet/*"): NEW,
    ("ec2:CreateVpc", "vpc/*"): NEW,
    ("ec2:CreateVpcEndpoint", "vpc-endpoint/*"): NEW,
    **{
        (f"iam:{action}", "role/provision-api-gateway-logs"): SHARED
        for action in ("CreateRole", "PassRole", "PutRolePolicy", "TagRole")
    },
    **{
        ("iam:CreateServiceLinkedRole", f"role/aws-service-role/{role}"): SHARED
        for role in SERVICES_ROLES
    },
    ("kms:CreateKey", "*"): NEW,
    ("logs:CreateLogGroup", "log-group:API-Gateway-Execution-Logs_*/v1:*"): NEW,
    ("route53:AssociateVPCWithHostedZone", "hostedzone/*"): "neither id is known beforehand",
    ("route53:ChangeResourceRecordSets", "hostedzone/*"): "only records of our own names",
    ("sns:Unsubscribe", "*"): "takes no resource",
    ("wafv2:AssociateWebACL", "/restapis/*/stages/v1"): ALSO_ON_THE_STAGE,
    ("wafv2:CreateWebACL", "regional/managedruleset/*"): "AWS's rules, which are everybody's",
    ("wafv2:DisassociateWebACL", "/restapis/*/stages/v1"): ALSO_ON_THE_STAGE,
    ("wafv2:UpdateWebACL", "regional/managedruleset/*"): "AWS's rules, which are everybody's",
}
LOOKED_AT: Final = {
    ("acm:DescribeCertificate", "certificate/*"),
    ("acm:ListTagsForCertificate", "certificate/*"),
    *(("apigateway:GET", f"/{kind}") for kind in ("account", "apikeys", "domainnames")),
    *(("apigateway:GET", f"/{kind}") for kind in ("restapis", "usageplans")),
    *(("apigateway:GET", f"/{kind}/*") for kind in ("apikeys", "domainnames")),
    *(("apigateway:GET", f"/{kind}/*") for kind in ("restapis", "usageplans")),
    ("application-autoscaling:ListTagsForResource", "scalable-target/*"),
    ("cloudwatch:DescribeAlarms", "alarm:*"),
    ("ec2:DescribeVpcAttribute", "vpc/*"),
    ("iam:GetRole", "role/*"),  # the account's setting for API Gateway's logs may name any
    ("iam:ListRoleTags", "role/provision-api-gateway-logs"),
    *((f"kms:{look}", "key/*") for look in ("DescribeKey", "GetKeyPolicy")),
    *((f"kms:{look}", "key/*") for look in ("GetKeyRotationStatus", "ListResourceTags")),
    ("logs:ListTagsForResource", "log-group:API-Gateway-Execution-Logs_*/v1"),
    ("route53:GetChange", "change/*"),
    ("route53:GetHostedZone", "hostedzone/*"),
    ("route53:ListResourceRecordSets", "hostedzone/*"),
    ("wafv2:GetWebACL", "regional/webacl/*"),
    ("wafv2:GetWebACLForResource", "/restapis/*/stages/v1"),
    ("wafv2:GetWebACLForResource", "regional/webacl/*"),
}
"""Settings with numbers that AWS chooses.

Reads do not require the owner tag, so that a resource that lost it is seen. Other exceptions are
actions that AWS checks on no resource (`*`).
"""
WITHOUT_A_TAG: Final = {
    ("acm:AddTagsToCertificate", "certificate/*"),
    ("application-autoscaling:RegisterScalableTarget", "scalable-target/*"),
    ("application-autoscaling:TagResource", "scalable-target/*"),
    ("ec2:DeleteNetworkInterface", "network-interface/*"),
    ("ec2:RevokeSecurityGroupEgress", "security-group/*"),
    ("ec2:RevokeSecurityGroupIngress", "security-group/*"),
    ("kms:UpdateAlias", "key/*"),
    ("logs:TagResource", "log-group:API-Gateway-Execution-Logs_*/v1"),
}
"""Also reachable if a resource has no owner tag."""
MARKED_AS_NEW: Final = {("kms:TagResource", "key/*")}
"""Also reachable: keys with neither owner tag nor alias, as a key has while it is created."""
LACKING: Final[Mapping[tuple[str, ...], set[tuple[str, str]]]] = {
    (TAG,): WITHOUT_A_TAG,
    (ALIAS,): set(),
    (TAG, ALIAS): WITHOUT_A_TAG | MARKED_AS_NEW,
}
BY_LAMBDA: Final = {
    ("ec2:AssignPrivateIpAddresses", "network-interface/*"),
    ("ec2:CreateNetworkInterface", "network-interface/*"),
    ("ec2:DeleteNetworkInterface", "network-interface/*"),
    ("ec2:DescribeNetworkInterfaces", "*"),
    ("ec2:DescribeSubnets", "*"),
    ("ec2:UnassignPrivateIpAddresses", "network-interface/*"),
}
"""Reachable with the function's role for Lambda, which makes interfaces of no known id.

Other principals that may assume the role reach them as well.
"""
PREFIXED: Final = ("iam:ListRoleTags", "role/{stack}-*")
"""Only a longer name has a role that begins as ours."""
SELF_EVIDENT: Final = {each for each in WRITTEN if each[0] == "iam:CreateServiceLinkedRole"} | {
    ("iam:PassRole", "role/provision-api-gateway-logs")
}
"""Resources that AWS creates once for all; PassRole is in the table of escalations."""
LISTING_GROUPS: Final = {("logs:DescribeLogGroups", "*")}


@pytest.fixture(scope="module")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> list[Resident]:
    return residents(tmp_path_factory.mktemp("residents"))


@pytest.fixture(params=[0, 1, 3], ids=["shorter name", "longer name", "other region"])
def ours(stacks: list[Resident], request: pytest.FixtureRequest) -> Resident:
    which: int = request.param
    return stacks[which]


@pytest.fixture
def theirs(stacks: list[Resident], ours: Resident) -> Account:
    return account(stack for stack in stacks if stack is not ours)


def reached(ours: Resident, theirs: Account, purpose: Purpose) -> set[tuple[str, str]]:
    found = theirs.reached(ours.deployer(purpose))
    own = f"role/{ours.stack.name}-*"
    return {(action, "role/{stack}-*" if on == own else on) for action, on in found}


def looks(found: set[tuple[str, str]]) -> set[tuple[str, str]]:
    verbs = (*READ_PREFIXES, "GET")
    return {each for each in found if each[0].partition(":")[2].startswith(verbs)}


def test_whoever_deploys_one_stack_reaches_of_others_only_what_is_listed(
    ours: Resident, theirs: Account
) -> None:
    found = reached(ours, theirs, Purpose.ALL)
    assert found - looks(found) == WRITTEN.keys()
    on_none = {each for each in looks(found) if each[1] == "*"}
    assert looks(found) - on_none - {PREFIXED} == LOOKED_AT


def test_whoever_only_looks_reaches_nothing_else(ours: Resident, theirs: Account) -> None:
    found = reached(ours, theirs, Purpose.STATUS)
    assert found == looks(found)
    assert found <= reached(ours, theirs, Purpose.ALL)


def test_nothing_of_another_stack_can_be_marked(ours: Resident, theirs: Account) -> None:
    """The test covers every action checked for any call with tags, and every kind."""
    marking = marking_actions()
    assert {"logs:TagResource", "ec2:CreateTags", "iam:TagRole", "kms:CreateKey"} < marking
    found = reached(ours, theirs, Purpose.ALL)
    able = {each for each in found - looks(found) if each[0] in marking}
    harmless = {NEW, ANY_NAME, SHARED, ALSO_ON_WHAT_IS_TAGGED, NOT_THEIRS}
    assert {each: WRITTEN[each] for each in able if WRITTEN[each] not in harmless} == {
        ("route53:AssociateVPCWithHostedZone", "hostedzone/*"): "neither id is known beforehand",
        ("wafv2:CreateWebACL", "regional/managedruleset/*"): "AWS's rules, which are everybody's",
    }


@pytest.mark.parametrize("lost", LACKING, ids="+".join)
def test_what_lacks_what_conditions_read_is_reached_where_the_page_says_so(
    stacks: list[Resident], ours: Resident, theirs: Account, lost: tuple[str, ...]
) -> None:
    """A resource without the attributes that conditions read is reachable only as listed.

    AWS gives fewer condition keys for it than for a neighbour's, and a condition that is true for a
    missing key allows it.
    """
    lacking = account((stack for stack in stacks if stack is not ours), lost=lost)
    everything = ours.deployer(Purpose.ALL)
    assert lacking.reached(everything) - theirs.reached(everything) == LACKING[lost]


def test_when_the_key_is_there_no_other_can_be_marked(stacks: list[Resident]) -> None:
    """The policy that created it is detached."""
    ours = stacks[0]
    bare = account(stacks[1:], lost=(TAG, ALIAS))
    gone = bare.reached(ours.deployer(Purpose.ALL)) - bare.reached(ours.once_deployed())
    assert gone == {("kms:CreateKey", "*"), *MARKED_AS_NEW}


def test_every_fact_that_aws_tells_is_tried_without(theirs: Account) -> None:
    told = {key for service in theirs.found.values() for facts in service.values() for key in facts}
    assert told == {VPC, *(key for lost in LACKING for key in lost)}, "a group is in some VPC"


def test_the_page_tells_what_reaches_further() -> None:
    """Each action that could affect a neighbour is in its table."""
    page = PAGE.read_text("utf-8").partition(MARK)[0]
    table = page.partition("reaches further than the stack:")[2].partition("How it is proved")[0]
    felt = {each for each, why in WRITTEN.items() if why != NEW} | WITHOUT_A_TAG
    felt |= BY_LAMBDA - looks(BY_LAMBDA) | MARKED_AS_NEW
    for action, _ in felt - SELF_EVIDENT:
        service, _, name = action.partition(":")
        assert f"{service}:" in table, action
        assert name.partition("SecurityGroup")[0] in table, action


def test_a_functions_code_reaches_nothing_of_another_stack(ours: Resident, theirs: Account) -> None:
    code = {
        "lambda:sourcefunctionarn": (ours.where.arn("lambda", f"function:{ours.stack.name}-items"),)
    }
    for node, role in ours.roles.items():
        if "schedules" in node:
            assert theirs.reached(role) == set()
            continue
        by_a_service = LISTING_GROUPS if "flow_logs" in node else BY_LAMBDA
        assert theirs.reached(role) == by_a_service
        if "flow_logs" not in node:
            assert theirs.reached(role, code) == set()
