"""Sorts of resources known by their ARN: how to see whether one is there, and what removes it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from botocore.exceptions import ClientError

from provision.aws import Aws
from provision.codes import is_absent


@dataclass(frozen=True)
class Sort:
    """`look` answers something true when it is there, and nothing or an error of absence when not.
    `remove` is the AWS CLI's command, `{}` its name or id."""

    look: Callable[[Aws, str], object]
    remove: str


def _version(aws: Aws, layer: str) -> object:
    name, _, number = layer.rpartition(":")
    pages = aws.lambda_.get_paginator("list_layer_versions").paginate(LayerName=name)
    listed = (version["Version"] for page in pages for version in page.get("LayerVersions", []))
    return int(number) in listed


def _group(aws: Aws, name: str) -> object:
    groups = aws.logs.describe_log_groups(logGroupNamePrefix=name).get("logGroups", [])
    return [group for group in groups if group["logGroupName"] == name]


def _endpoint(aws: Aws, made: str) -> object:
    found = aws.ec2.describe_vpc_endpoints(VpcEndpointIds=[made]).get("VpcEndpoints", [])
    return [one for one in found if one["State"].lower() != "deleted"]  # V11: shown for a while


def _acl(aws: Aws, made: str) -> object:
    name, _, number = made.partition("/")
    return aws.wafv2.get_web_acl(Name=name, Scope="REGIONAL", Id=number)


def _key(aws: Aws, made: str) -> object:
    """What is to be deleted is on its way; AWS still lists it for weeks."""
    return aws.kms.describe_key(KeyId=made)["KeyMetadata"].get("KeyState") != "PendingDeletion"


SORTS: Final[Mapping[tuple[str, str], Sort]] = {
    ("acm", "certificate/"): Sort(
        lambda aws, made: aws.acm.describe_certificate(
            CertificateArn=aws.where.arn("acm", f"certificate/{made}")
        ),
        "acm delete-certificate --certificate-arn {arn}",
    ),
    ("apigateway", "/apikeys/"): Sort(
        lambda aws, made: aws.apigateway.get_api_key(apiKey=made),
        "apigateway delete-api-key --api-key {}",
    ),
    ("apigateway", "/domainnames/"): Sort(
        lambda aws, made: aws.apigateway.get_domain_name(domainName=made),
        "apigateway delete-domain-name --domain-name {}",
    ),
    ("apigateway", "/restapis/"): Sort(
        lambda aws, made: aws.apigateway.get_rest_api(restApiId=made.partition("/")[0]),
        "apigateway delete-rest-api --rest-api-id {}",
    ),
    ("apigateway", "/usageplans/"): Sort(
        lambda aws, made: aws.apigateway.get_usage_plan(usagePlanId=made),
        "apigateway delete-usage-plan --usage-plan-id {}",
    ),
    ("cloudwatch", "alarm:"): Sort(
        lambda aws, name: aws.cloudwatch.describe_alarms(AlarmNames=[name]).get("MetricAlarms", []),
        "cloudwatch delete-alarms --alarm-names {}",
    ),
    ("dynamodb", "table/"): Sort(
        lambda aws, name: aws.dynamodb.describe_table(TableName=name),
        "dynamodb delete-table --table-name {}",
    ),
    ("ec2", "route-table/"): Sort(
        lambda aws, made: aws.ec2.describe_route_tables(RouteTableIds=[made]).get(
            "RouteTables", []
        ),
        "ec2 delete-route-table --route-table-id {}",
    ),
    ("ec2", "security-group/"): Sort(
        lambda aws, made: aws.ec2.describe_security_groups(GroupIds=[made]).get(
            "SecurityGroups", []
        ),
        "ec2 delete-security-group --group-id {}",
    ),
    ("ec2", "subnet/"): Sort(
        lambda aws, made: aws.ec2.describe_subnets(SubnetIds=[made]).get("Subnets", []),
        "ec2 delete-subnet --subnet-id {}",
    ),
    ("ec2", "vpc-endpoint/"): Sort(_endpoint, "ec2 delete-vpc-endpoints --vpc-endpoint-ids {}"),
    ("ec2", "vpc/"): Sort(
        lambda aws, made: aws.ec2.describe_vpcs(VpcIds=[made]).get("Vpcs", []),
        "ec2 delete-vpc --vpc-id {}",
    ),
    ("iam", "role/"): Sort(
        lambda aws, name: aws.iam.get_role(RoleName=name.rpartition("/")[2]),
        "iam delete-role --role-name {}",
    ),
    ("kms", "key/"): Sort(_key, "kms schedule-key-deletion --key-id {}"),
    ("lambda", "function:"): Sort(
        lambda aws, name: aws.lambda_.get_function(FunctionName=name),
        "lambda delete-function --function-name {}",
    ),
    ("lambda", "layer:"): Sort(_version, ""),
    ("logs", "log-group:"): Sort(_group, "logs delete-log-group --log-group-name {}"),
    ("sns", ""): Sort(
        lambda aws, name: aws.sns.get_topic_attributes(TopicArn=aws.where.arn("sns", name)),
        "sns delete-topic --topic-arn {arn}",
    ),
    ("sqs", ""): Sort(
        lambda aws, name: aws.sqs.get_queue_url(QueueName=name),
        "sqs delete-queue --queue-url $(aws sqs get-queue-url --region {region} --queue-name {}"
        " --query QueueUrl --output text)",
    ),
    ("wafv2", "regional/webacl/"): Sort(_acl, ""),
}
"""Service and beginning of an ARN's resource → its sort."""


def is_there(aws: Aws, arn: str) -> bool | None:
    """Looked at directly, for what AWS lists by tag may be gone for a while. None: no telling."""
    sort, name = _sort(arn)
    if sort is None:
        return None
    try:
        return bool(sort.look(aws, name))
    except ClientError as error:
        return False if is_absent(error.response["Error"]["Code"]) else None


def removal(aws: Aws, arn: str) -> str:
    """The command that removes it, or nothing where none is known."""
    sort, name = _sort(arn)
    if sort is None or not sort.remove:
        return ""
    region = aws.where.region
    command = sort.remove.format(shlex.quote(name), arn=shlex.quote(arn), region=region)
    return f"aws --region {region} {command}"


def _sort(arn: str) -> tuple[Sort | None, str]:
    """The sort, and the resource's own name or id."""
    _, _, service, _, _, resource = arn.split(":", 5)
    for (of, beginning), sort in SORTS.items():
        if service == of and resource.startswith(beginning):
            return sort, resource.removeprefix(beginning)
    return None, resource
