"""The interface endpoint: the contract, transitional states, and the names that lead to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ec2.models import ec2_backends

from provision.errors import InUseByOthers, WaitTimeout
from provision.model.step import OWNER, Step
from provision.plan.change import Action
from provision.steps.ec2.interface_endpoint import InterfaceEndpoint
from provision.steps.ec2.subnet import Subnet
from provision.steps.ec2.vpc import Vpc
from provision.steps.iam_policy import canonical
from tests.support.harness import REGION, Workshop, new_aws, one_node
from tests.unit.steps.contract import StepContract


def policy(action: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": ["b", "a"]}
    return canonical({"Version": "2012-10-17", "Statement": [statement]})


class TestInterfaceEndpoint(StepContract):
    edits: ClassVar = {
        "subnet_ids": (),
        "group_ids": (),
        "names": False,
        "policy": policy("ssm:GetParameters"),
        "tags": {"Name": "tap-dev-ssm", "team": "b"},
    }

    def given(self, aws: Any) -> Step:
        return make_endpoint(aws)

    def copied(self, step: Step, aws: Any) -> None:
        """Do nothing: in one VPC, the service's name can lead to only one endpoint."""
        assert isinstance(step, InterfaceEndpoint)
        replace(step, names=False).with_owner("tap-dev/it").create(aws)


def make_vpc(aws: Any) -> str:
    made = Vpc(cidr="10.20.0.0/24", tags={"Name": "tap-dev"}).with_owner("tap-dev/vpc").create(aws)
    return made.id


def make_subnet(aws: Any, vpc_id: str, number: int) -> str:
    made: str = aws.ec2.create_subnet(
        VpcId=vpc_id,
        CidrBlock=f"10.20.0.{16 * number}/28",
        AvailabilityZone=f"{REGION}{'abc'[number]}",
    )["Subnet"]["SubnetId"]
    return made


def make_endpoint(aws: Any) -> InterfaceEndpoint:
    vpc_id = make_vpc(aws)
    group = aws.ec2.create_security_group(VpcId=vpc_id, GroupName="secrets", Description="it")
    return InterfaceEndpoint(
        vpc_id=vpc_id,
        service="com.amazonaws.us-east-1.ssm",
        subnet_ids=tuple(sorted(make_subnet(aws, vpc_id, number) for number in (0, 1))),
        group_ids=(group["GroupId"],),
        policy=policy("ssm:GetParameter"),
        tags={"Name": "tap-dev-ssm"},
    )


def made_endpoint(workshop: Workshop, want: InterfaceEndpoint) -> InterfaceEndpoint:
    made = workshop.run(one_node(want), "up").resources["it"]
    assert isinstance(made, InterfaceEndpoint)
    return made


def set_state(endpoint: InterfaceEndpoint, state: str) -> None:
    ec2_backends[DEFAULT_ACCOUNT_ID][REGION].vpc_end_points[endpoint.id].state = state


def places(endpoint: InterfaceEndpoint) -> set[tuple[str, str]]:
    """Return subnet and group of each of its interfaces."""
    found = new_aws().ec2.describe_network_interfaces()["NetworkInterfaces"]
    return {
        (one["SubnetId"], group["GroupId"])
        for one in found
        if one["Description"] == f"VPC Endpoint Interface {endpoint.id}"
        for group in one["Groups"]
    }


def test_it_has_an_address_in_every_subnet_and_a_name(workshop: Workshop) -> None:
    want = make_endpoint(new_aws())
    made = made_endpoint(workshop, want)
    assert places(made) == {(subnet, want.group_ids[0]) for subnet in want.subnet_ids}
    (shown,) = new_aws().ec2.describe_vpc_endpoints(VpcEndpointIds=[made.id])["VpcEndpoints"]
    assert shown["PrivateDnsEnabled"]
    assert shown["VpcEndpointType"] == "Interface"


def test_it_moves_to_another_subnet_in_one_call(workshop: Workshop) -> None:
    aws = new_aws()
    want = make_endpoint(aws)
    made = made_endpoint(workshop, want)
    other = make_subnet(aws, want.vpc_id, 2)
    moved = replace(want, subnet_ids=tuple(sorted((want.subnet_ids[0], other))))
    assert made_endpoint(workshop, moved).id == made.id
    assert workshop.last.writes == ["ModifyVpcEndpoint"]
    assert {subnet for subnet, _ in places(made)} == {want.subnet_ids[0], other}


def test_what_needs_it_starts_when_it_is_there(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A function that went live earlier would have no path to its secrets."""
    want = make_endpoint(new_aws()).with_owner("tap-dev/it")
    aws = new_aws()
    seen: list[str] = []
    describe = aws.ec2.describe_vpc_endpoints

    def coming(**asked: Any) -> Any:
        answer = describe(**asked)
        if asked.get("VpcEndpointIds"):
            seen.append("pending" if len(seen) < 3 else "available")
            shown: Any = answer["VpcEndpoints"][0]
            shown["State"] = seen[-1]
        return answer

    monkeypatch.setattr(aws.ec2, "describe_vpc_endpoints", coming)
    want.create(aws)
    assert seen == ["pending", "pending", "pending", "available"]


def test_what_never_comes_or_goes_is_told(workshop: Workshop) -> None:
    made = made_endpoint(workshop, make_endpoint(new_aws()))
    for state in ("pending", "Deleting"):
        set_state(made, state)
        with pytest.raises(WaitTimeout, match="endpoint tap-dev-ssm to settle after 600 s"):
            made.observe(new_aws())


def test_what_aws_failed_to_make_goes_before_its_successor_takes_the_name(
    workshop: Workshop,
) -> None:
    want = make_endpoint(new_aws())
    failed = made_endpoint(workshop, want)
    set_state(failed, "failed")
    finding = workshop.run(one_node(want), "up").changes["it"]
    assert finding.action is Action.REPLACE
    assert workshop.last.writes == ["DeleteVpcEndpoints", "CreateVpcEndpoint"]
    assert workshop.run(one_node(want), "plan").changes["it"].action is Action.KEEP


def test_a_vpc_without_names_is_refused_by_aws(workshop: Workshop) -> None:
    want = make_endpoint(new_aws())
    new_aws().ec2.modify_vpc_attribute(VpcId=want.vpc_id, EnableDnsHostnames={"Value": False})
    with pytest.raises(Exception, match="Enabling private DNS requires both"):
        workshop.run(one_node(want), "up")


def test_its_interfaces_are_no_strangers_in_a_subnet(workshop: Workshop) -> None:
    """They are deleted with the endpoint, so `down` waits for their subnet and does not give up."""
    want = make_endpoint(new_aws())
    made_endpoint(workshop, want)
    aws = new_aws()
    tags = {OWNER: "tap-dev/network.subnet.1"}
    subnet = Subnet(vpc_id=want.vpc_id, cidr="", zone="", tags=tags, id=want.subnet_ids[0])
    with pytest.raises(Exception, match="DependencyViolation") as refused:
        subnet.delete(aws)
    assert not isinstance(refused.value, InUseByOthers)


def test_where_it_leads_is_read_and_not_remembered(workshop: Workshop) -> None:
    made = made_endpoint(workshop, make_endpoint(new_aws()))
    other = replace(made, vpc_id="vpc-1", service="com.amazonaws.us-east-1.s3", state="failed")
    assert other.observe(new_aws()) == made
