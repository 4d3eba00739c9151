"""Controls about the network, as AWS shows it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from provision.aws.client import Aws
from provision.steps.iam_policy import canonical

OURS = [{"Name": "tag-key", "Values": ["provision:owner"]}]


def functions(aws: Aws) -> list[Any]:
    return list(aws.lambda_.list_functions()["Functions"])


def our_vpcs(aws: Aws) -> list[str]:
    return [vpc["VpcId"] for vpc in aws.ec2.describe_vpcs(Filters=OURS)["Vpcs"]]  # type: ignore[arg-type]


def outside_the_network(aws: Aws) -> Iterator[str]:
    for function in functions(aws):
        if not function.get("VpcConfig", {}).get("SubnetIds"):
            yield function["FunctionName"]


def leave_the_network(aws: Aws) -> None:
    for function in functions(aws):
        aws.lambda_.update_function_configuration(
            FunctionName=function["FunctionName"],
            VpcConfig={"SubnetIds": [], "SecurityGroupIds": []},
        )


def in_one_zone(aws: Aws) -> Iterator[str]:
    for function in functions(aws):
        ids = function.get("VpcConfig", {}).get("SubnetIds", [])
        subnets = aws.ec2.describe_subnets(SubnetIds=ids)["Subnets"] if ids else []
        if len({subnet["AvailabilityZone"] for subnet in subnets}) < 2:
            yield function["FunctionName"]


def stay_in_one_zone(aws: Aws) -> None:
    for function in functions(aws):
        network = function["VpcConfig"]
        aws.lambda_.update_function_configuration(
            FunctionName=function["FunctionName"],
            VpcConfig={
                "SubnetIds": network["SubnetIds"][:1],
                "SecurityGroupIds": network["SecurityGroupIds"],
            },
        )


def _default_groups(aws: Aws) -> list[Any]:
    return list(
        aws.ec2.describe_security_groups(
            Filters=[
                {"Name": "vpc-id", "Values": our_vpcs(aws)},
                {"Name": "group-name", "Values": ["default"]},
            ]
        )["SecurityGroups"]
    )


def open_default_groups(aws: Aws) -> Iterator[str]:
    for group in _default_groups(aws):
        if group["IpPermissions"] or group["IpPermissionsEgress"]:
            yield group["GroupId"]


def open_a_default_group(aws: Aws) -> None:
    group = _default_groups(aws)[0]["GroupId"]
    anybody = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    aws.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[anybody])  # type: ignore[list-item]


def without_flow_log(aws: Aws) -> Iterator[str]:
    logged = {log["ResourceId"] for log in aws.ec2.describe_flow_logs()["FlowLogs"]}
    yield from (vpc for vpc in our_vpcs(aws) if vpc not in logged)


def stop_flow_logs(aws: Aws) -> None:
    ids = [log["FlowLogId"] for log in aws.ec2.describe_flow_logs()["FlowLogs"]]
    aws.ec2.delete_flow_logs(FlowLogIds=ids)


def _subnets(aws: Aws) -> list[Any]:
    return list(aws.ec2.describe_subnets(Filters=OURS)["Subnets"])  # type: ignore[arg-type]


def with_public_addresses(aws: Aws) -> Iterator[str]:
    yield from (each["SubnetId"] for each in _subnets(aws) if each["MapPublicIpOnLaunch"])


def give_public_addresses(aws: Aws) -> None:
    aws.ec2.modify_subnet_attribute(
        SubnetId=_subnets(aws)[0]["SubnetId"], MapPublicIpOnLaunch={"Value": True}
    )


def open_endpoints(aws: Aws) -> Iterator[str]:
    account = {"StringEquals": {"aws:PrincipalAccount": [aws.location.account]}}
    for endpoint in aws.ec2.describe_vpc_endpoints()["VpcEndpoints"]:
        for statement in canonical(json.loads(endpoint["PolicyDocument"]))["Statement"]:
            named = not any("*" in action for action in statement["Action"])
            bound = statement["Condition"] == account and "*" not in statement["Resource"]
            if not (named and bound):
                yield endpoint["VpcEndpointId"]


def open_an_endpoint(aws: Aws) -> None:
    endpoint = aws.ec2.describe_vpc_endpoints()["VpcEndpoints"][0]
    document = json.loads(endpoint["PolicyDocument"])
    statement = canonical(document)["Statement"][0]
    policy = {**document, "Statement": [{**statement, "Action": "dynamodb:*"}]}
    aws.ec2.modify_vpc_endpoint(
        VpcEndpointId=endpoint["VpcEndpointId"], PolicyDocument=json.dumps(policy)
    )
