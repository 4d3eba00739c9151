"""The security group: the contract, prefix lists by name, and undeclared rules."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import pytest

from provision.errors import PrerequisiteMissing
from provision.model.step import Step
from provision.plan.change import Action
from provision.steps.ec2.security_group import ALL_OUT, Rule, SecurityGroup
from tests.support.harness import Workshop, new_aws, one_node
from tests.unit.steps.contract import StepContract

DYNAMODB = Rule("tcp", 443, 443, "com.amazonaws.us-east-1.dynamodb")
FROM_INSIDE = Rule("tcp", 8080, 8090, "10.20.0.0/24")


class TestSecurityGroup(StepContract):
    edits: ClassVar = {
        "ingress": (FROM_INSIDE, Rule("udp", 53, 53, "2001:db8::/32")),
        "egress": (ALL_OUT, DYNAMODB),
        "tags": {"team": "b"},
    }
    fixed_edits: ClassVar = {"name": "tap-dev-others"}

    def given(self, aws: Any) -> Step:
        return make_group(aws)


def make_group(aws: Any) -> SecurityGroup:
    vpc_id = aws.ec2.create_vpc(CidrBlock="10.20.0.0/24")["Vpc"]["VpcId"]
    return SecurityGroup(
        vpc_id=vpc_id,
        name="tap-dev-functions",
        description="The functions",
        egress=(DYNAMODB,),
        tags={"team": "a"},
    )


def made_group(workshop: Workshop, want: SecurityGroup) -> SecurityGroup:
    made = workshop.run(one_node(want), "up").resources["it"]
    assert isinstance(made, SecurityGroup)
    return made


def test_the_only_way_out_is_the_prefix_list(workshop: Workshop) -> None:
    made = made_group(workshop, make_group(new_aws()))
    ec2 = new_aws().ec2
    (group,) = ec2.describe_security_groups(GroupIds=[made.id])["SecurityGroups"]
    (permission,) = group["IpPermissionsEgress"]
    (listed,) = permission["PrefixListIds"]
    (dynamodb,) = ec2.describe_prefix_lists(
        Filters=[{"Name": "prefix-list-name", "Values": [DYNAMODB.target]}]
    )["PrefixLists"]
    assert listed["PrefixListId"] == dynamodb["PrefixListId"]
    assert (permission["IpProtocol"], permission["FromPort"]) == ("tcp", 443)
    assert not permission["IpRanges"]
    assert made.arn == f"arn:aws:ec2:us-east-1:123456789012:security-group/{made.id}"


def test_rules_added_by_hand_are_seen_and_revoked(workshop: Workshop) -> None:
    want = make_group(new_aws())
    made = made_group(workshop, want)
    ec2 = new_aws().ec2
    ec2.authorize_security_group_ingress(
        GroupId=made.id,
        IpPermissions=[
            {
                "IpProtocol": "tcp",
                "FromPort": 22,
                "ToPort": 22,
                "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "only for today"}],
                "UserIdGroupPairs": [{"GroupId": made.id}],
            }
        ],
    )
    (diff,) = workshop.run(one_node(want), "up").changes["it"].diffs
    assert diff.have == (Rule("tcp", 22, 22, "0.0.0.0/0"), Rule("tcp", 22, 22, made.id))
    assert workshop.last.writes == ["RevokeSecurityGroupIngress"]
    assert workshop.run(one_node(want), "up").changes["it"].action is Action.KEEP


def test_a_lost_answer_is_no_failure(workshop: Workshop) -> None:
    """A rule that is already authorized or revoked counts as done."""
    want = make_group(new_aws())
    made = made_group(workshop, want)
    stale = replace(made, egress=(), ingress=(FROM_INSIDE,))
    want.update(new_aws(), stale, {"ingress", "egress"})
    assert made.observe(new_aws()) == made


def test_the_description_of_an_old_one_is_left(workshop: Workshop) -> None:
    want = make_group(new_aws())
    made_group(workshop, want)
    reworded = replace(want, description="Other words")
    assert workshop.run(one_node(reworded), "up").changes["it"].action is Action.KEEP


def test_a_region_without_the_prefix_list_is_told(workshop: Workshop) -> None:
    elsewhere = Rule("tcp", 443, 443, "com.amazonaws.mars-1.dynamodb")
    want = replace(make_group(new_aws()), egress=(elsewhere,))
    with pytest.raises(
        PrerequisiteMissing, match=r"us-east-1 has no prefix list com\.amazonaws\.mars-1"
    ):
        workshop.run(one_node(want), "up")
