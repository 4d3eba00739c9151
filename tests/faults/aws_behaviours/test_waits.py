"""Every verb of a step returns only when AWS has settled, without the engine's observation.

In a whole run `verify`, and the last observation of a removal, would wait instead; the nodes that
depend on this one would not.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from provision.aws.client import Aws
from provision.steps.dynamodb.table import Table
from provision.steps.ec2.route_table import RouteTable
from provision.steps.ec2.security_group import SecurityGroup
from provision.steps.ec2.subnet import Subnet
from provision.steps.ec2.vpc import Vpc
from provision.steps.lambda_.function import Function
from provision.steps.lambda_.permission import Permission
from tests.faults.aws_behaviours.conftest import Session, naive, ours
from tests.faults.aws_behaviours.frame import Court, Law
from tests.faults.aws_behaviours.rules import dynamodb, lambda_, network
from tests.faults.aws_behaviours.test_network_laws import by_hand
from tests.unit.steps.lambda_.test_permission import WANT, an_alias
from tests.unit.steps.lambda_world import NAME, a_function, version_of

NAMED: dict[str, Any] = {"TableName": "items"}
OWNER = "tap-dev/it"


def sent(held: Court, operation: str) -> float:
    """Return when its last call was sent."""
    return max(each.at for each in held.sent if each.call.operation == operation and each.done)


# -- Lambda ------------------------------------------------------------------------------------


def a_living(held: Court, directory: Path) -> tuple[Aws, Function]:
    """Return our connection to AWS, and a function that has settled."""
    aws = ours(held)
    made = a_function(aws, directory).with_owner(OWNER).create(aws)
    held.clock.sleep(300)
    return aws, made


def change(held: Court) -> None:
    """Update the function as another client, so that the update continues after its answer."""
    naive(held, "lambda").update_function_configuration(FunctionName=NAME, Timeout=7)


def test_l6_a_function_is_active_when_it_is_made(court: Session, tmp_path: Path) -> None:
    law = lambda_.FirstPending()
    held = court(law)
    aws = ours(held)
    step = a_function(aws, tmp_path).with_owner(OWNER)
    step.create(aws)
    assert held.clock.now() >= law.active[NAME] > 0


@pytest.mark.parametrize("changed", [{"memory"}, {"code_sha256"}, {"strays"}], ids=str)
def test_l7_an_update_is_over_when_it_returns(
    court: Session, tmp_path: Path, changed: set[str]
) -> None:
    law = lambda_.UpdatesTakeTime()
    held = court(law)
    aws, made = a_living(held, tmp_path)
    replace(made, memory=256).update(aws, made, changed)
    assert held.clock.now() >= law.done[NAME] > 0


def test_l7_what_is_observed_is_no_longer_changing(court: Session, tmp_path: Path) -> None:
    law = lambda_.UpdatesTakeTime()
    held = court(law)
    aws, made = a_living(held, tmp_path)
    change(held)
    seen = made.observe(aws)
    assert held.clock.now() >= law.done[NAME] > 0
    assert seen
    assert seen.timeout == 7


def test_l7_l27_a_removal_waits_before_and_after(court: Session, tmp_path: Path) -> None:
    law, gone = lambda_.UpdatesTakeTime(), lambda_.DeletingTakesTime()
    held = court(law, gone)
    aws, made = a_living(held, tmp_path)
    change(held)
    made.delete(aws)
    assert sent(held, "DeleteFunction") >= law.done[NAME]
    assert not [each for each in held.sent if each.refusal], "nothing was tried too early"
    assert held.clock.now() >= gone.gone[NAME] > 0


def test_l7_a_function_has_left_its_network_before_it_goes(court: Session, tmp_path: Path) -> None:
    law = lambda_.UpdatesTakeTime()
    held = court(law)
    aws, client = ours(held), naive(held, "ec2")
    vpc = client.create_vpc(CidrBlock="10.30.0.0/24")["Vpc"]["VpcId"]
    subnet = client.create_subnet(VpcId=vpc, CidrBlock="10.30.0.0/25")["Subnet"]["SubnetId"]
    group = client.create_security_group(VpcId=vpc, GroupName="g", Description="x")["GroupId"]
    inside = replace(a_function(aws, tmp_path), subnet_ids=(subnet,), group_ids=(group,))
    made = inside.with_owner(OWNER).create(aws)
    held.clock.sleep(300)
    made.delete(aws)
    assert sent(held, "UpdateFunctionConfiguration") < law.done[NAME]
    assert sent(held, "DeleteFunction") >= law.done[NAME] > 0
    assert not [each for each in held.sent if each.refusal], "nothing was tried too early"


def test_l7_l12_a_version_is_ready_when_it_is_made(court: Session, tmp_path: Path) -> None:
    law, versions = lambda_.UpdatesTakeTime(), lambda_.VersionsAreSeenPending()
    held = court(law, versions)
    aws, made = a_living(held, tmp_path)
    naive(held, "lambda").update_function_configuration(FunctionName=NAME, Timeout=made.timeout)
    version_of(made).create(aws)
    assert sent(held, "PublishVersion") >= law.done[NAME]
    assert not [each for each in held.sent if each.refusal], "nothing was tried too early"
    assert held.clock.now() >= max(versions.active.values()) > 0


def test_l12_an_observed_version_is_ready(court: Session, tmp_path: Path) -> None:
    law = lambda_.VersionsAreSeenPending()
    held = court(law)
    aws, made = a_living(held, tmp_path)
    client = naive(held, "lambda")
    number = client.publish_version(FunctionName=NAME)["Version"]
    shown = client.get_function(FunctionName=NAME, Qualifier=number)["Configuration"]
    assert (shown["State"], shown.get("LastUpdateStatus")) == ("Pending", None)
    assert version_of(made).observe(aws)
    assert held.clock.now() >= max(law.active.values()) > 0


def test_l16_a_statement_that_goes_is_shown_for_a_while(court: Session, tmp_path: Path) -> None:
    law = lambda_.StatementsLinger()
    held = court(law)
    an_alias(tmp_path)
    aws, client = ours(held), naive(held, "lambda")
    WANT.create(aws)
    place = {"FunctionName": NAME, "Qualifier": "live"}
    client.get_policy(**place)
    client.remove_permission(**place, StatementId=WANT.statement)
    assert WANT.statement in client.get_policy(**place)["Policy"]
    held.clock.sleep(60)
    other: Permission = WANT
    other.create(aws)
    other.delete(aws)
    assert held.clock.now() >= max(law.gone.values()) > 0


# -- DynamoDB ----------------------------------------------------------------------------------


def a_table(held: Court, *laws: Law) -> tuple[Aws, Table]:
    aws = ours(held)
    made = Table(name="items", key="id", protect=False, tags={}).with_owner(OWNER).create(aws)
    held.clock.sleep(300)
    return aws, made


def slow_update(held: Court) -> None:
    naive(held, "dynamodb").update_table(**NAMED, BillingMode="PAY_PER_REQUEST")


def test_d28_an_update_goes_on_and_the_next_one_is_refused(court: Session) -> None:
    law = dynamodb.UpdatesTakeAWhile()
    held = court(law)
    aws, made = a_table(held)
    slow_update(held)
    client = naive(held, "dynamodb")
    assert client.describe_table(**NAMED)["Table"]["TableStatus"] == "UPDATING"
    with pytest.raises(client.exceptions.ResourceInUseException, match="being updated"):
        client.update_table(**NAMED, DeletionProtectionEnabled=True)
    seen = made.observe(aws)
    assert held.clock.now() >= law.done["items"] > 0
    assert seen
    made.update(aws, replace(seen, on_demand=True), {"on_demand"})
    assert held.clock.now() >= law.done["items"]


def test_d28_a_stream_that_is_switched_off_is_off(court: Session) -> None:
    law = dynamodb.UpdatesTakeAWhile()
    held = court(law)
    aws, made = a_table(held)
    stream = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    naive(held, "dynamodb").update_table(**NAMED, StreamSpecification=stream)
    held.clock.sleep(60)
    seen = made.observe(aws)
    assert seen
    assert seen.stream
    made.update(aws, seen, {"stream"})
    assert sent(held, "UpdateTable") < law.done["items"] <= held.clock.now()


@pytest.mark.parametrize("verb", ["back_up", "delete"])
def test_d28_a_table_that_changes_is_waited_for(court: Session, verb: str) -> None:
    law = dynamodb.UpdatesTakeAWhile()
    held = court(law)
    aws, made = a_table(held)
    slow_update(held)
    if verb == "delete":
        made.delete(aws)
        assert sent(held, "DeleteTable") >= law.done["items"]
    else:
        made.back_up(aws)
        assert sent(held, "CreateBackup") >= law.done["items"]
    assert not [each for each in held.sent if each.refusal], "nothing was tried too early"


# -- EC2 ---------------------------------------------------------------------------------------


def test_v1_v26_a_vpc_and_its_subnets_are_available_when_they_are_seen(court: Session) -> None:
    law = network.NetworkSettles()
    held = court(law)
    aws, client = ours(held), naive(held, "ec2")
    vpc = client.create_vpc(CidrBlock="10.30.0.0/24")["Vpc"]["VpcId"]
    assert client.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["State"] == "pending"
    inside = [{"Name": "vpc-id", "Values": [vpc]}]
    assert client.describe_security_groups(Filters=inside)["SecurityGroups"] == []
    assert Vpc(cidr="10.30.0.0/24", tags={}, id=vpc).describe(aws)
    assert held.clock.now() >= law.until[vpc] > 0
    subnet = client.create_subnet(VpcId=vpc, CidrBlock="10.30.0.0/25")["Subnet"]["SubnetId"]
    assert client.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["State"] == "pending"
    plain = Subnet(vpc_id=vpc, cidr="10.30.0.0/25", zone="us-east-1a", tags={}, id=subnet)
    assert plain.describe(aws)
    assert held.clock.now() >= law.until[subnet] > 0
    made = Vpc(cidr="10.40.0.0/24", tags={}).with_owner(OWNER).create(aws)
    shut = client.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [made.id]}])
    held.clock.sleep(60)
    shut = client.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [made.id]}])
    assert [one["IpPermissionsEgress"] for one in shut["SecurityGroups"]] == [[]]


def test_e1_a_subnet_goes_when_lambda_has_left_it(court: Session, tmp_path: Path) -> None:
    """In a whole run the group's interfaces are waited for; another subnet may be left alone."""
    held = court(network.InterfacesLinger())
    placed = by_hand(held, tmp_path)
    naive(held, "lambda").delete_function(FunctionName="naive")
    held.clock.sleep(10)
    plain = Subnet(vpc_id=placed.vpc, cidr="10.30.0.0/25", zone="us-east-1a", tags={})
    replace(plain, id=placed.subnet).with_owner(OWNER).delete(ours(held))
    assert sent(held, "DeleteSubnet")
    assert not [each for each in held.sent if each.refusal], "nothing was tried too early"


def test_v7_v12_associations_and_ends_of_groups_take_a_moment(court: Session) -> None:
    law = network.NetworkSettles()
    held = court(law)
    aws, client = ours(held), naive(held, "ec2")
    vpc = client.create_vpc(CidrBlock="10.30.0.0/24")["Vpc"]["VpcId"]
    subnet = client.create_subnet(VpcId=vpc, CidrBlock="10.30.0.0/25")["Subnet"]["SubnetId"]
    table = client.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    group = client.create_security_group(VpcId=vpc, GroupName="g", Description="x")["GroupId"]
    held.clock.sleep(60)
    client.associate_route_table(RouteTableId=table, SubnetId=subnet)
    (found,) = client.describe_route_tables(RouteTableIds=[table])["RouteTables"]
    assert found["Associations"][0]["AssociationState"]["State"] == "associating"
    assert RouteTable(vpc_id=vpc, subnet_ids=(subnet,), tags={}, id=table).describe(aws)
    assert held.clock.now() >= law.until[table] > 0
    other = client.create_security_group(VpcId=vpc, GroupName="h", Description="x")["GroupId"]
    client.describe_security_groups(GroupIds=[other])
    client.delete_security_group(GroupId=other)
    assert client.describe_security_groups(GroupIds=[other])["SecurityGroups"]
    client.describe_security_groups(GroupIds=[group])
    ours_too = SecurityGroup(
        vpc_id=vpc, name="g", description="x", ingress=(), egress=(), tags={}, id=group
    )
    ours_too.with_owner(OWNER).delete(aws)
    assert held.clock.now() >= law.until[group] > 0
