"""Lambda's network interfaces: waiting for them, and removing those that Lambda left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from botocore.exceptions import ClientError

from provision.aws.client import Aws
from provision.errors import InUseByOthers, WaitTimeout
from provision.model.step import OWNER, Step
from provision.plan.change import Action
from provision.steps.ec2.foreign_resources import refuse_foreign_in_group
from provision.steps.ec2.network_interfaces import NetworkInterfaces
from tests.support.harness import Recorder, Workshop, new_aws, one_node
from tests.unit.steps.contract import StepContract


class TestNetworkInterfaces(StepContract):
    """The interfaces are Lambda's: `up` creates none, and sees them if the group exists."""

    parents_owner = None
    edits: ClassVar = {}

    def given(self, aws: Any) -> Step:
        return NetworkInterfaces(group_id="sg-00000000000000001")

    def observed(self, step: Step) -> Step | None:
        """Return None: no interfaces and removed ones look alike; `down` is tested below."""
        return None

    def test_plan_writes_nothing(self, step: Step, workshop: Workshop) -> None:
        """Nothing is to be created, so those of a known group are always in their wanted state."""
        assert workshop.run(one_node(step), "plan").changes["it"].action is Action.KEEP
        assert workshop.last.writes == []

    def test_second_up_writes_nothing(self, step: Step, workshop: Workshop) -> None:
        """The first writes nothing either: nothing is to be created."""
        for _ in range(2):
            assert workshop.run(one_node(step), "up").changes["it"].action is Action.KEEP
            assert workshop.last.writes == []


class Network:
    """A group in a subnet, with Lambda's leftover interfaces, which change as time passes."""

    def __init__(self) -> None:
        self.recorder = Recorder()
        self.aws: Aws = new_aws(self.recorder)
        self.clock = self.aws.clock
        vpc_id = self.aws.ec2.create_vpc(CidrBlock="10.20.0.0/24")["Vpc"]["VpcId"]
        subnet = self.aws.ec2.create_subnet(VpcId=vpc_id, CidrBlock="10.20.0.0/25")
        self.subnet_id = subnet["Subnet"]["SubnetId"]
        self.group_id = self.make_group(vpc_id, "tap-dev-functions")
        self.other_group = self.make_group(vpc_id, "other")
        self.recorder.writes.clear()

    def make_group(self, vpc_id: str, name: str) -> str:
        answer = self.aws.ec2.create_security_group(VpcId=vpc_id, GroupName=name, Description="it")
        return answer["GroupId"]

    def add(self, group: str, description: str = "AWS Lambda VPC ENI-tap-dev-items-1") -> str:
        answer = new_aws().ec2.create_network_interface(
            SubnetId=self.subnet_id, Groups=[group], Description=description
        )
        return answer["NetworkInterface"]["NetworkInterfaceId"]

    def show(self, monkeypatch: pytest.MonkeyPatch, seen: Callable[[float], list[str]]) -> None:
        """Let AWS answer with one interface of each of these statuses, by seconds passed."""
        began = self.clock.now()

        def pages(**_: Any) -> list[dict[str, Any]]:
            statuses = seen(self.clock.now() - began)
            return [
                {
                    "NetworkInterfaces": [
                        {
                            "NetworkInterfaceId": f"eni-{number}",
                            "Status": status,
                            "Description": "AWS Lambda VPC ENI-tap-dev-items-1",
                        }
                    ]
                }
                for number, status in enumerate(statuses)
            ]

        class Paginator:
            paginate = staticmethod(pages)

        monkeypatch.setattr(self.aws.ec2, "get_paginator", lambda _: Paginator)

    def answer_delete(self, monkeypatch: pytest.MonkeyPatch, code: str) -> list[float]:
        """Let AWS refuse to delete an interface with this code; return when it was asked to."""
        asked: list[float] = []
        began = self.clock.now()

        def refuse(**_: Any) -> None:
            asked.append(self.clock.now() - began)
            raise ClientError({"Error": {"Code": code, "Message": "no"}}, "DeleteNetworkInterface")

        monkeypatch.setattr(self.aws.ec2, "delete_network_interface", refuse)
        return asked

    def remove(self) -> float:
        """Remove the interfaces, and return the seconds until none was left."""
        began = self.clock.now()
        NetworkInterfaces(group_id=self.group_id).delete(self.aws)
        return self.clock.now() - began


@pytest.fixture
def network(account: None) -> Network:
    return Network()


def test_one_empty_answer_is_no_proof(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    network.show(monkeypatch, lambda passed: [] if passed < 5 or passed > 100 else ["in-use"])
    assert 120 <= network.remove() <= 130


def test_none_takes_two_looks(network: Network) -> None:
    network.add(network.other_group)
    network.add(network.group_id, "somebody else's")
    assert network.remove() == 10
    assert network.recorder.writes == []
    assert network.recorder.reads.count("DescribeNetworkInterfaces") == 2


def test_one_long_unused_is_removed(network: Network) -> None:
    forgotten = network.add(network.group_id)
    others = network.add(network.other_group)
    assert 180 <= network.remove() <= 210
    assert network.recorder.writes == ["DeleteNetworkInterface"]
    left = new_aws().ec2.describe_network_interfaces()["NetworkInterfaces"]
    assert {found["NetworkInterfaceId"] for found in left} == {others}
    assert forgotten != others


def test_one_that_carries_an_owner_is_no_lambdas(network: Network) -> None:
    """The description can be copied; such an interface is reported if it blocks, and left."""
    theirs = network.add(network.group_id)
    tag: Any = {"Key": OWNER, "Value": "other/prod/us-east-1/123456789012/it"}
    new_aws().ec2.create_tags(Resources=[theirs], Tags=[tag])
    assert network.remove() == 10
    assert network.recorder.writes == []
    with pytest.raises(InUseByOthers, match=theirs):
        refuse_foreign_in_group(
            network.aws, "the group", "tap/dev/us-east-1/123456789012", network.group_id
        )


def test_one_that_is_used_again_is_left(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    """The status alternates between available and in-use, and no period is long enough."""
    asked = network.answer_delete(monkeypatch, "UnauthorizedOperation")
    network.show(
        monkeypatch,
        lambda passed: ["available" if passed % 200 < 150 else "in-use"] if passed < 1500 else [],
    )
    assert 1500 <= network.remove() <= 1530
    assert asked == []


@pytest.mark.parametrize("code", ["InvalidNetworkInterface.InUse", "InvalidParameterValue"])
def test_in_use_after_all_is_waited_for(
    network: Network, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    network.show(monkeypatch, lambda passed: ["available"] if passed < 400 else [])
    asked = network.answer_delete(monkeypatch, code)
    network.remove()
    assert len(asked) > 1
    assert min(asked) >= 180


def test_a_denied_removal_is_told(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    network.show(monkeypatch, lambda _: ["available"])
    network.answer_delete(monkeypatch, "UnauthorizedOperation")
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        network.remove()


def test_it_ends_with_what_it_waits_for(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    network.show(monkeypatch, lambda _: ["in-use"])
    with pytest.raises(WaitTimeout, match=rf"interfaces in {network.group_id} after 2700 s"):
        network.remove()
