"""The VPC: the contract, and how it is distinguished from others of its kind."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import pytest

from provision.model.step import OWNER, Step
from provision.plan.change import Action
from provision.steps.ec2.vpc import Vpc
from tests.support.harness import Workshop, new_aws, one_node
from tests.unit.steps.contract import StepContract

VPC = Vpc(cidr="10.20.0.0/24", tags={"Name": "tap-dev"})


class TestVpc(StepContract):
    edits: ClassVar = {"dns": False, "tags": {"Name": "tap-dev", "team": "b"}}
    fixed_edits: ClassVar = {"cidr": "10.30.0.0/24"}
    drift_only: ClassVar = frozenset({"open_rules"})

    def given(self, aws: Any) -> Step:
        return VPC


def test_half_switched_off_dns_is_a_difference(workshop: Workshop) -> None:
    for wanted in (True, False):
        made = workshop.run(one_node(replace(VPC, dns=wanted)), "up").resources["it"]
        assert isinstance(made, Vpc)
        ec2 = new_aws().ec2
        ec2.modify_vpc_attribute(VpcId=made.id, EnableDnsHostnames={"Value": False})
        ec2.modify_vpc_attribute(VpcId=made.id, EnableDnsSupport={"Value": True})
        finding = workshop.run(one_node(replace(VPC, dns=wanted)), "up").changes["it"]
        assert [diff.field for diff in finding.diffs] == ["dns"]


@pytest.mark.usefixtures("account")
def test_of_two_of_our_own_the_one_wanted_is_found() -> None:
    """An interrupted replacement leaves both; the order of creation must not matter."""
    for wanted, other in (("10.1.0.0/24", "10.2.0.0/24"), ("10.4.0.0/24", "10.3.0.0/24")):
        stack = f"tap-{wanted}"
        for cidr in (other, wanted, other):
            Vpc(cidr=cidr, tags={OWNER: stack}).create(new_aws())
        seen = Vpc(cidr=wanted, tags={OWNER: stack}).observe(new_aws())
        assert seen is not None
        assert seen.cidr == wanted


def test_one_deleted_by_hand_is_made_again(workshop: Workshop) -> None:
    made = workshop.run(one_node(VPC), "up").resources["it"]
    made.delete(new_aws())
    assert workshop.run(one_node(VPC), "up").changes["it"].action is Action.CREATE


@pytest.mark.usefixtures("account")
def test_the_owner_is_compared_to_the_letter() -> None:
    """EC2's filters read `*` and `?` as any characters."""
    Vpc(cidr="10.1.0.0/24", tags={OWNER: "tap-dev/vpc"}).create(new_aws())
    assert Vpc(cidr="10.1.0.0/24", tags={OWNER: "tap-*/vpc"}).observe(new_aws()) is None


def test_removing_what_this_run_made_does_not_wait_for_it_to_appear(account: None) -> None:
    """A new id is waited for, except by the call that removes it (V1)."""
    aws = new_aws()
    made = Vpc(cidr="10.1.0.0/24", tags={OWNER: "tap-dev/vpc"}).create(aws)
    began = aws.clock.now()
    made.delete(aws)
    made.delete(aws)
    assert aws.clock.now() == began
    assert made.observe(aws) is None


def default_group(vpc: str) -> dict[str, Any]:
    groups = new_aws().ec2.describe_security_groups(
        Filters=[{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
    )["SecurityGroups"]
    return dict(groups[0])


def test_the_default_security_group_lets_nothing_through(workshop: Workshop) -> None:
    made = workshop.run(one_node(VPC), "up").resources["it"]
    assert isinstance(made, Vpc)
    group = default_group(made.id)
    assert group["IpPermissions"] == group["IpPermissionsEgress"] == []


def test_a_rule_in_the_default_security_group_is_seen_and_taken_out(workshop: Workshop) -> None:
    made = workshop.run(one_node(VPC), "up").resources["it"]
    assert isinstance(made, Vpc)
    group = default_group(made.id)["GroupId"]
    new_aws().ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[
            {
                "IpProtocol": "tcp",
                "FromPort": 22,
                "ToPort": 22,
                "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
                "Ipv6Ranges": [{"CidrIpv6": "::/0"}],
            },
            {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]},
        ],
    )
    (diff,) = workshop.run(one_node(VPC), "plan").changes["it"].diffs
    assert diff.field == "open_rules"
    assert diff.have == (f"in everything {group}", "in tcp 22-22 0.0.0.0/0", "in tcp 22-22 ::/0")
    workshop.run(one_node(VPC), "up")
    assert default_group(made.id)["IpPermissions"] == []
    assert workshop.run(one_node(VPC), "plan").changes["it"].action is Action.KEEP
