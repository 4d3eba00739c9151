"""Corrections of EC2, Lambda, IAM and CloudWatch make the emulator answer as AWS does."""

from __future__ import annotations

import json
from typing import Any

import pytest

from provision import local
from provision.steps.dynamodb.keys import TableKeys, found_keys
from tests.unit.local.conftest import Connect, code_of, zipped

pytestmark = pytest.mark.emulator

REGION = "us-east-1"


# -- network --------------------------------------------------------------------------------------


@pytest.fixture
def ec2(corrected: Connect) -> Any:
    return corrected("ec2")


@pytest.fixture
def vpc(ec2: Any) -> str:
    vpc_id: str = ec2.create_vpc(CidrBlock="10.20.0.0/24")["Vpc"]["VpcId"]
    return vpc_id


def test_the_policy_of_an_endpoint(ec2: Any, vpc: str) -> None:
    policy = json.dumps({"Statement": [{"Effect": "Allow", "Action": "dynamodb:GetItem"}]})
    tags = [{"Key": "owner", "Value": "us"}]
    made = ec2.create_vpc_endpoint(
        VpcId=vpc,
        ServiceName=f"com.amazonaws.{REGION}.dynamodb",
        PolicyDocument=policy,
        TagSpecifications=[{"ResourceType": "vpc-endpoint", "Tags": tags}],
    )["VpcEndpoint"]
    assert made["PolicyDocument"] == policy

    def found() -> Any:
        (endpoint,) = ec2.describe_vpc_endpoints(VpcEndpointIds=[made["VpcEndpointId"]])[
            "VpcEndpoints"
        ]
        assert endpoint["Tags"] == tags
        return json.loads(endpoint["PolicyDocument"])

    assert found() == json.loads(policy)
    other = policy.replace("GetItem", "PutItem")
    ec2.modify_vpc_endpoint(VpcEndpointId=made["VpcEndpointId"], PolicyDocument=other)
    assert found() == json.loads(other)
    ec2.modify_vpc_endpoint(VpcEndpointId=made["VpcEndpointId"], ResetPolicy=True)
    assert found()["Statement"][0]["Action"] == "*"


def test_the_prefix_lists_of_a_group(ec2: Any, vpc: str) -> None:
    tags = [{"Key": "owner", "Value": "us"}]
    group = ec2.create_security_group(
        GroupName="group",
        Description="group",
        VpcId=vpc,
        TagSpecifications=[{"ResourceType": "security-group", "Tags": tags}],
    )["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    permission = {**rule, "PrefixListIds": [{"PrefixListId": "pl-1"}]}

    def egress() -> Any:
        (found,) = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
        assert found["Tags"] == tags
        return [
            (each["IpProtocol"], each.get("FromPort"), each["PrefixListIds"])
            for each in found["IpPermissionsEgress"]
        ]

    ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[permission])
    assert ("tcp", 443, [{"PrefixListId": "pl-1"}]) in egress()
    assert ("-1", None, []) in egress()
    other = {**rule, "PrefixListIds": [{"PrefixListId": "pl-2"}]}
    ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[other])
    both = [{"PrefixListId": "pl-1"}, {"PrefixListId": "pl-2"}]
    assert ("tcp", 443, both) in egress()
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[other])
    assert ("tcp", 443, [{"PrefixListId": "pl-1"}]) in egress()
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[permission])
    assert egress() == [("-1", None, [])]
    ec2.authorize_security_group_egress(
        GroupId=group, IpPermissions=[{**rule, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}]
    )
    assert ("tcp", 443, []) in egress()


def test_filters(ec2: Any, vpc: str) -> None:
    other = ec2.create_vpc(CidrBlock="10.20.0.0/24")["Vpc"]["VpcId"]
    made = {
        where: ec2.create_vpc_endpoint(
            VpcId=where,
            ServiceName=f"com.amazonaws.{REGION}.dynamodb",
            TagSpecifications=[
                {"ResourceType": "vpc-endpoint", "Tags": [{"Key": "in", "Value": where}]}
            ],
        )["VpcEndpoint"]["VpcEndpointId"]
        for where in (vpc, other)
    }

    def found(name: str, *values: str) -> list[str]:
        answer = ec2.describe_vpc_endpoints(Filters=[{"Name": name, "Values": [*values]}])
        return [endpoint["VpcEndpointId"] for endpoint in answer["VpcEndpoints"]]

    assert found("vpc-id", vpc) == [made[vpc]]
    assert found("tag:in", other, "elsewhere") == [made[other]]
    assert found("tag:in", other[:-1] + "?") == [made[other]]
    assert found("vpc-id", "elsewhere") == []

    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.20.0.0/26")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="eni", Description="eni", VpcId=vpc)["GroupId"]
    interface = ec2.create_network_interface(SubnetId=subnet, Groups=[group])["NetworkInterface"]
    for name, value, count in (("group-id", group, 1), ("group-id", "sg-0", 0), ("vpc-id", vpc, 1)):
        answer = ec2.describe_network_interfaces(Filters=[{"Name": name, "Values": [value]}])
        assert len(answer["NetworkInterfaces"]) == count, (name, value)
    ec2.delete_network_interface(NetworkInterfaceId=interface["NetworkInterfaceId"])


@pytest.mark.parametrize(
    ("authorize", "named_by"),
    [
        ("authorize_security_group_ingress", "ip-permission.group-id"),
        ("authorize_security_group_egress", "egress.ip-permission.group-id"),
    ],
)
def test_the_groups_whose_rules_name_one(ec2: Any, vpc: str, authorize: str, named_by: str) -> None:
    """The query that `down` makes before it deletes a group; a default group names only itself."""
    named, naming = (
        ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
        for name in ("named", "naming")
    )

    def found(name: str, value: str) -> list[str]:
        answer = ec2.describe_security_groups(Filters=[{"Name": name, "Values": [value]}])
        return [group["GroupId"] for group in answer["SecurityGroups"]]

    assert found(named_by, named) == []
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    pair = {"UserIdGroupPairs": [{"GroupId": named}]}
    getattr(ec2, authorize)(GroupId=naming, IpPermissions=[rule | pair])
    assert found(named_by, named) == [naming]
    assert found(named_by, naming) == []
    assert found("group-id", named) == [named]
    assert len(found("vpc-id", vpc)) == 3


def test_the_peerings_of_a_vpc(ec2: Any, vpc: str) -> None:
    other = ec2.create_vpc(CidrBlock="10.22.0.0/24")["Vpc"]["VpcId"]
    made = ec2.create_vpc_peering_connection(VpcId=vpc, PeerVpcId=other)["VpcPeeringConnection"]

    def found(side: str, value: str) -> list[str]:
        asked = [{"Name": f"{side}-vpc-info.vpc-id", "Values": [value]}]
        answer = ec2.describe_vpc_peering_connections(Filters=asked)
        return [each["VpcPeeringConnectionId"] for each in answer["VpcPeeringConnections"]]

    ours = [made["VpcPeeringConnectionId"]]
    assert (found("requester", vpc), found("accepter", vpc)) == (ours, [])
    assert (found("requester", other), found("accepter", other)) == ([], ours)
    ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=ours[0])


def test_ids_that_do_not_exist(ec2: Any) -> None:
    missing = "00000000000000000"
    assert (
        code_of(lambda: ec2.describe_route_tables(RouteTableIds=[f"rtb-{missing}"]))
        == "InvalidRouteTableID.NotFound"
    )
    assert (
        code_of(lambda: ec2.describe_vpc_endpoints(VpcEndpointIds=[f"vpce-{missing}"]))
        == "InvalidVpcEndpointId.NotFound"
    )
    nowhere = [{"Name": "vpc-id", "Values": [f"vpc-{missing}"]}]
    assert ec2.describe_route_tables(Filters=nowhere)["RouteTables"] == []
    assert ec2.describe_vpc_endpoints(Filters=nowhere)["VpcEndpoints"] == []


# -- the rest -------------------------------------------------------------------------------------


def test_a_queue_taken_off_a_function_is_gone(corrected: Connect) -> None:
    functions = corrected("lambda")
    queue = f"arn:aws:sqs:{REGION}:{local.ACCOUNT}:queue"
    made = functions.create_function(
        FunctionName="queueless",
        Runtime="python3.13",
        Role=f"arn:aws:iam::{local.ACCOUNT}:role/any",
        Handler="code.handler",
        Code={"ZipFile": zipped(code="")},
        DeadLetterConfig={"TargetArn": queue},
    )
    assert made["DeadLetterConfig"] == {"TargetArn": queue}
    functions.get_waiter("function_active_v2").wait(FunctionName="queueless")
    functions.update_function_configuration(
        FunctionName="queueless", DeadLetterConfig={"TargetArn": ""}
    )
    assert "DeadLetterConfig" not in functions.get_function_configuration(FunctionName="queueless")
    found = functions.get_function(FunctionName="queueless")["Configuration"]
    assert "DeadLetterConfig" not in found


def test_a_functions_own_policy_is_not_that_of_its_alias(corrected: Connect) -> None:
    functions = corrected("lambda")
    functions.create_function(
        FunctionName="asked",
        Runtime="python3.13",
        Role=f"arn:aws:iam::{local.ACCOUNT}:role/any",
        Handler="code.handler",
        Code={"ZipFile": zipped(code="")},
    )
    functions.get_waiter("function_active_v2").wait(FunctionName="asked")
    version = functions.publish_version(FunctionName="asked")["Version"]
    functions.create_alias(FunctionName="asked", Name="live", FunctionVersion=version)

    def allow(statement: str, **where: str) -> None:
        functions.add_permission(
            FunctionName="asked",
            StatementId=statement,
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            **where,
        )

    def statements(**where: str) -> list[str]:
        policy = functions.get_policy(FunctionName="asked", **where)["Policy"]
        return [each["Sid"] for each in json.loads(policy)["Statement"]]

    allow("alias", Qualifier="live")
    assert statements(Qualifier="live") == ["alias"]
    assert code_of(lambda: functions.get_policy(FunctionName="asked")) == (
        "ResourceNotFoundException"
    )
    allow("own")
    assert statements() == ["own"]
    assert statements(Qualifier="live") == ["alias"]


def test_an_empty_description_clears_it(corrected: Connect) -> None:
    iam = corrected("iam")
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    iam.create_role(RoleName="role", AssumeRolePolicyDocument=trust, Description="old")
    iam.update_role(RoleName="role", MaxSessionDuration=7200)
    assert iam.get_role(RoleName="role")["Role"]["Description"] == "old"
    iam.update_role(RoleName="role", Description="")
    assert iam.get_role(RoleName="role")["Role"].get("Description", "") == ""


def test_an_alarm_has_one_statistic(corrected: Connect) -> None:
    cloudwatch = corrected("cloudwatch")
    common = {
        "Namespace": "AWS/Lambda",
        "MetricName": "Duration",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanThreshold",
    }
    cloudwatch.put_metric_alarm(AlarmName="slow", ExtendedStatistic="p95", **common)
    cloudwatch.put_metric_alarm(AlarmName="mean", Statistic="Average", **common)
    found = {
        alarm["AlarmName"]: (alarm.get("Statistic"), alarm.get("ExtendedStatistic"))
        for alarm in cloudwatch.describe_alarms()["MetricAlarms"]
    }
    assert found == {"slow": (None, "p95"), "mean": ("Average", None)}


def test_a_dashboard_that_is_not_there(corrected: Connect) -> None:
    cloudwatch = corrected("cloudwatch")
    call = cloudwatch.delete_dashboards
    assert code_of(lambda: call(DashboardNames=["none"])) == "ResourceNotFound"


def test_other_services_are_left_alone(corrected: Connect) -> None:
    assert corrected("sts").get_caller_identity()["Account"] == local.ACCOUNT


# -- keys -----------------------------------------------------------------------------------------


def test_the_key_that_aws_manages_for_a_table(corrected: Connect) -> None:
    dynamodb, kms = corrected("dynamodb"), corrected("kms")
    made = dynamodb.create_table(
        TableName="items",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        SSESpecification={"Enabled": True, "SSEType": "KMS"},
    )["TableDescription"]
    key = made["SSEDescription"]["KMSMasterKeyArn"]
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyManager"] == "AWS"
    own = kms.create_key()["KeyMetadata"]["KeyId"]
    assert kms.describe_key(KeyId=own)["KeyMetadata"]["KeyManager"] == "CUSTOMER"


# -- tables ---------------------------------------------------------------------------------------


def test_keys_that_are_numbers(corrected: Connect) -> None:
    """The emulator keeps their types, and sorts numbers by value as AWS does."""
    dynamodb = corrected("dynamodb")
    keys = TableKeys("id", "N", "at", "N")
    dynamodb.create_table(
        TableName="numbered",
        KeySchema=keys.schema(),
        AttributeDefinitions=keys.definitions(),
        BillingMode="PAY_PER_REQUEST",
    )
    assert found_keys(dynamodb.describe_table(TableName="numbered")["Table"]) == keys
    for at in ("10", "9", "100"):
        dynamodb.put_item(TableName="numbered", Item={"id": {"N": "1"}, "at": {"N": at}})
    found = dynamodb.query(
        TableName="numbered",
        KeyConditionExpression="id = :id",
        ExpressionAttributeValues={":id": {"N": "1"}},
    )["Items"]
    assert [item["at"]["N"] for item in found] == ["9", "10", "100"]
    key = {"id": {"N": "1"}, "at": {"N": "9"}}
    assert dynamodb.get_item(TableName="numbered", Key=key)["Item"] == key


def test_no_table_has_scaling(corrected: Connect) -> None:
    """The service is not there; a table that becomes on-demand asks it all the same."""
    answer = corrected("application-autoscaling").describe_scalable_targets(
        ServiceNamespace="dynamodb", ResourceIds=["table/orders"]
    )
    assert answer["ScalableTargets"] == []
