"""Foreign resources in our network are named at once, left alone, and not waited for."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.acm.models import CertBundle, acm_backends
from moto.apigateway.models import apigateway_backends

from provision.errors import InUseByOthers
from provision.model.stack import Stack
from provision.model.step import OWNER
from provision.steps.acm.certificate import Certificate
from provision.steps.ec2.foreign_resources import refuse_foreign_interfaces
from provision.steps.ec2.security_group import SecurityGroup
from provision.steps.ec2.subnet import Subnet
from provision.steps.ec2.vpc import Vpc
from provision.steps.iam.role import Role
from tests.support.harness import Recorder, Workshop, empty, new_aws, one_node
from tests.support.virtual_clock import VirtualClock

pytestmark = pytest.mark.usefixtures("one_item_a_page")


def network() -> Stack:
    stack = empty()
    vpc = stack.add("vpc", lambda _: Vpc(cidr="10.20.0.0/24", tags={"Name": "tap-dev"}))
    stack.add(
        "subnet",
        lambda get: Subnet(
            vpc_id=get(vpc).id, cidr="10.20.0.0/25", zone="us-east-1a", tags={"Name": "tap-dev-1"}
        ),
        needs=[vpc],
    )
    stack.add(
        "group",
        lambda get: SecurityGroup(
            vpc_id=get(vpc).id, name="tap-dev-g", description="x", ingress=(), egress=(), tags={}
        ),
        needs=[vpc],
    )
    return stack


def interface(ids: dict[str, str]) -> str:
    made = boto3.client("ec2").create_network_interface(
        SubnetId=ids["subnet"], Groups=[ids["group"]], Description="bastion"
    )
    return f"network interface {made['NetworkInterface']['NetworkInterfaceId']} (bastion)"


def subnet(ids: dict[str, str]) -> str:
    made = boto3.client("ec2").create_subnet(
        VpcId=ids["vpc"],
        CidrBlock="10.20.0.128/25",
        TagSpecifications=[
            {"ResourceType": "subnet", "Tags": [{"Key": OWNER, "Value": "tap-dev-2/subnet"}]}
        ],
    )
    return f"subnet {made['Subnet']['SubnetId']} of tap-dev-2/subnet"


def group(ids: dict[str, str]) -> str:
    made = boto3.client("ec2").create_security_group(
        VpcId=ids["vpc"], GroupName="theirs", Description="x"
    )
    return f"security group {made['GroupId']} (theirs)"


def gateway(ids: dict[str, str]) -> str:
    made = boto3.client("ec2").create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    boto3.client("ec2").attach_internet_gateway(InternetGatewayId=made, VpcId=ids["vpc"])
    return f"internet gateway {made}"


def endpoint(ids: dict[str, str]) -> str:
    made = boto3.client("ec2").create_vpc_endpoint(
        VpcId=ids["vpc"], ServiceName="com.amazonaws.us-east-1.s3", VpcEndpointType="Gateway"
    )
    return f"endpoint {made['VpcEndpoint']['VpcEndpointId']} (com.amazonaws.us-east-1.s3)"


def route_table(ids: dict[str, str]) -> str:
    made = boto3.client("ec2").create_route_table(VpcId=ids["vpc"])
    return f"route table {made['RouteTable']['RouteTableId']}"


def acl(ids: dict[str, str]) -> str:
    made = boto3.client("ec2").create_network_acl(VpcId=ids["vpc"])
    return f"network ACL {made['NetworkAcl']['NetworkAclId']}"


def way_out(ids: dict[str, str]) -> str:
    made = boto3.client("ec2").create_egress_only_internet_gateway(VpcId=ids["vpc"])
    name = made["EgressOnlyInternetGateway"]["EgressOnlyInternetGatewayId"]
    return f"egress-only internet gateway {name}"


def private_gateway(ids: dict[str, str]) -> str:
    ec2 = boto3.client("ec2")
    made = ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
    ec2.attach_vpn_gateway(VpcId=ids["vpc"], VpnGatewayId=made)
    return f"virtual private gateway {made}"


def peering(ids: dict[str, str]) -> str:
    ec2 = boto3.client("ec2")
    other = ec2.create_vpc(CidrBlock="10.99.0.0/24")["Vpc"]["VpcId"]
    made = ec2.create_vpc_peering_connection(VpcId=other, PeerVpcId=ids["vpc"])
    return f"peering {made['VpcPeeringConnection']['VpcPeeringConnectionId']}"


def naming_group(ids: dict[str, str]) -> str:
    ec2 = boto3.client("ec2")
    made = ec2.create_security_group(VpcId=ids["vpc"], GroupName="theirs", Description="x")
    ec2.authorize_security_group_ingress(
        GroupId=made["GroupId"],
        IpPermissions=[
            {
                "IpProtocol": "tcp",
                "FromPort": 1,
                "ToPort": 1,
                "UserIdGroupPairs": [{"GroupId": ids["group"]}],
            }
        ],
    )
    return f"security group {made['GroupId']} (theirs), whose rules name it"


@dataclass
class TimedWorkshop(Workshop):
    """A workshop whose runs share one clock."""

    clock: VirtualClock = field(default_factory=VirtualClock)

    def new_clock(self) -> VirtualClock:
        return self.clock


@pytest.fixture
def workshop(account: None, tmp_path: Path) -> TimedWorkshop:
    return TimedWorkshop(tmp_path / "state")


def made(workshop: Workshop) -> dict[str, str]:
    steps = workshop.run(network(), "up").resources
    return {node: str(vars(step)["id"]) for node, step in steps.items()}


@pytest.mark.parametrize(
    ("put", "stays"),
    [
        (interface, {"vpc", "subnet", "group"}),
        (subnet, {"vpc"}),
        (group, {"vpc"}),
        (gateway, {"vpc"}),
        (endpoint, {"vpc"}),
        (route_table, {"vpc"}),
        (acl, {"vpc"}),
        (way_out, {"vpc"}),
        (private_gateway, {"vpc"}),
        (peering, {"vpc"}),
        (naming_group, {"vpc", "group"}),
    ],
)
def test_a_stranger_is_named_at_once(
    workshop: TimedWorkshop, put: Callable[[dict[str, str]], str], stays: set[str]
) -> None:
    ids = made(workshop)
    stranger = put(ids)
    began = workshop.clock.now()
    with pytest.raises(InUseByOthers) as caught:
        workshop.run(network(), "down")
    assert stranger in caught.value.message
    assert "delete or move them" in caught.value.hint
    assert re.search(r"see `aws ec2 describe-[^`]+ --region us-east-1`", caught.value.hint)
    assert workshop.clock.now() - began < 60
    ec2 = boto3.client("ec2")
    left = {
        "vpc": len(ec2.describe_vpcs(VpcIds=[ids["vpc"]])["Vpcs"]),
        "subnet": len(
            ec2.describe_subnets(Filters=[{"Name": "subnet-id", "Values": [ids["subnet"]]}])[
                "Subnets"
            ]
        ),
        "group": len(
            ec2.describe_security_groups(Filters=[{"Name": "group-id", "Values": [ids["group"]]}])[
                "SecurityGroups"
            ]
        ),
    }
    assert {node for node, count in left.items() if count} == stays


def test_where_looking_is_denied_the_removal_goes_on(workshop: Workshop) -> None:
    class Denied(Recorder):
        def _before(self, model: Any, **more: Any) -> None:
            if model.name == "DescribeInternetGateways":
                error = {"Error": {"Code": "UnauthorizedOperation", "Message": "not you"}}
                raise ClientError(error, model.name)  # type: ignore[arg-type]
            super()._before(model, **more)

    ids = made(workshop)
    workshop.run(network(), "down", recorder=Denied())
    shown = boto3.client("ec2").describe_vpcs()["Vpcs"]
    assert ids["vpc"] not in {vpc["VpcId"] for vpc in shown}


def managed(**shown: Any) -> Any:
    return {
        "NetworkInterfaceId": "eni-1",
        "RequesterManaged": True,
        "Status": "in-use",
        "Description": "ELB app/theirs/1",
        **shown,
    }


def test_what_aws_made_for_somebody_is_named_for_it_stays_as_long_as_they_have_it(
    account: None,
) -> None:
    aws = new_aws()
    with pytest.raises(InUseByOthers, match=r"eni-1 \(ELB app/theirs/1\)"):
        refuse_foreign_interfaces(aws, "x", "tap-dev", [managed()])
    refuse_foreign_interfaces(aws, "x", "tap-dev", [managed(Status="available")])
    refuse_foreign_interfaces(aws, "x", "tap-dev", [managed(Description="AWS Lambda VPC ENI-f-1")])


@pytest.mark.parametrize("owner", ["tap-dev/way", "other/way", ""])
def test_an_endpoints_interface_goes_with_ours_only(account: None, owner: str) -> None:
    aws = new_aws()
    vpc = aws.ec2.create_vpc(CidrBlock="10.20.0.0/24")["Vpc"]["VpcId"]
    made = aws.ec2.create_vpc_endpoint(
        VpcId=vpc,
        ServiceName="com.amazonaws.us-east-1.ssm",
        VpcEndpointType="Interface",
        PrivateDnsEnabled=False,
        TagSpecifications=[
            {"ResourceType": "vpc-endpoint", "Tags": [{"Key": OWNER, "Value": owner or "-"}]}
        ],
    )["VpcEndpoint"]["VpcEndpointId"]
    one = managed(VpcId=vpc, Description=f"VPC Endpoint Interface {made}")
    if owner == "tap-dev/way":
        refuse_foreign_interfaces(aws, "x", "tap-dev", [one])
    else:
        with pytest.raises(InUseByOthers, match=made):
            refuse_foreign_interfaces(aws, "x", "tap-dev", [one])
    gone = managed(VpcId=vpc, Description="VPC Endpoint Interface vpce-gone")
    refuse_foreign_interfaces(aws, "x", "tap-dev", [gone])


def test_a_role_in_somebodys_instance_profile_keeps_its_policies(workshop: TimedWorkshop) -> None:
    role = Role(name="tap-dev-r", service="lambda.amazonaws.com", attached=(), tags={})
    workshop.run(one_node(role), "up")
    iam = boto3.client("iam")
    iam.create_instance_profile(InstanceProfileName="theirs")
    iam.add_role_to_instance_profile(InstanceProfileName="theirs", RoleName=role.name)
    began = workshop.clock.now()
    with pytest.raises(InUseByOthers, match="instance profile theirs") as caught:
        workshop.run(one_node(role), "down")
    assert "`aws iam list-instance-profiles-for-role" in caught.value.hint
    assert (workshop.last.writes, workshop.clock.now()) == ([], began)


def balancer(certificate: str, patch: pytest.MonkeyPatch) -> str:
    used = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/theirs/1"
    use(certificate, used, patch)
    return used


def domain(certificate: str, patch: pytest.MonkeyPatch) -> str:
    acm_backends["123456789012"]["us-east-1"]._certificates[certificate].status = "ISSUED"
    boto3.client("apigateway").create_domain_name(
        domainName="other.example.com",
        regionalCertificateArn=certificate,
        endpointConfiguration={"types": ["REGIONAL"]},
    )
    awss = "arn:aws:elasticloadbalancing:us-east-1:392220576650:loadbalancer/net/prod/1"
    use(certificate, awss, patch)
    return "domain name other.example.com of API Gateway"


def edge_domain(certificate: str, patch: pytest.MonkeyPatch) -> str:
    """Let an edge-optimised domain of us-east-1 use the certificate, and return its name."""
    stranger = domain(certificate, patch)
    made: Any = apigateway_backends["123456789012"]["us-east-1"].domain_names["other.example.com"]
    made.certificate_arn, made.regional_certificate_arn = certificate, None
    return stranger


def use(certificate: str, user: str, patch: pytest.MonkeyPatch) -> None:
    """Show the certificate as in use, and refuse its deletion as AWS does; moto deletes it."""

    def describe(self: CertBundle) -> dict[str, Any]:
        shown: dict[str, Any] = told(self)
        shown["Certificate"]["InUseBy"] = [user]
        return shown

    told = CertBundle.describe
    patch.setattr(CertBundle, "describe", describe)


@pytest.mark.parametrize("put", [balancer, domain, edge_domain])
def test_who_else_uses_the_certificate_is_named_at_once(
    workshop: TimedWorkshop,
    put: Callable[[str, pytest.MonkeyPatch], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wanted = Certificate(domain="api.example.com", tags={})
    made = workshop.run(one_node(wanted), "up").resources["it"]
    assert isinstance(made, Certificate)
    stranger, began = put(made.arn, monkeypatch), workshop.clock.now()
    with pytest.raises(InUseByOthers) as caught:
        workshop.run(one_node(wanted), "down")
    assert stranger in caught.value.message
    assert (workshop.last.writes, workshop.clock.now()) == ([], began)


def test_a_certificate_that_our_own_domain_lets_go_of_late_is_waited_for(
    workshop: TimedWorkshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = Certificate(domain="api.example.com", tags={})
    made = workshop.run(one_node(wanted), "up").resources["it"]
    assert isinstance(made, Certificate)
    awss = "arn:aws:elasticloadbalancing:us-east-1:392220576650:loadbalancer/net/prod/1"
    use(made.arn, awss, monkeypatch)
    workshop.run(one_node(wanted), "down")
    assert workshop.last.writes == ["DeleteCertificate"]
