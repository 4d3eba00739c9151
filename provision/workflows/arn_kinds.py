"""Kinds of resources known by their ARN: how to look one up, and the commands to delete it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from provision.aws.client import Aws
from provision.aws.error_codes import is_not_found
from provision.aws.failed_call import NO_GOOD_ANSWER
from provision.workflows import removal_commands
from provision.workflows.removal_commands import Commands, Goes, deletes_no_data, goes, plain


@dataclass(frozen=True)
class ArnKind:
    """A kind of resource that is known by its ARN.

    `exists` returns something true if the resource exists, otherwise nothing or a not-found error.
    `commands` delete it; `goes` says which of the user's data is deleted with it; `unsaved` are the
    commands if no backup can be made.
    """

    exists: Callable[[Aws, str], Any]
    commands: Commands
    goes: Goes = deletes_no_data
    unsaved: Commands | None = None


@dataclass(frozen=True)
class LookupResult:
    """The result of looking a resource up.

    `there` is None if it could not be looked up. `commands` is empty if none are known.
    """

    there: bool | None
    goes: str = ""
    commands: tuple[str, ...] = ()


def _version(aws: Aws, layer: str) -> Any:
    name, _, number = layer.rpartition(":")
    pages = aws.lambda_.get_paginator("list_layer_versions").paginate(LayerName=name)
    listed = (version["Version"] for page in pages for version in page.get("LayerVersions", []))
    return int(number) in listed


def _group(aws: Aws, name: str) -> Any:
    pages = aws.logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=name)
    groups = (group for page in pages for group in page.get("logGroups", []))
    return [group for group in groups if group["logGroupName"] == name]


def _endpoint(aws: Aws, made: str) -> Any:
    found = aws.ec2.describe_vpc_endpoints(VpcEndpointIds=[made]).get("VpcEndpoints", [])
    return [one for one in found if one["State"].lower() != "deleted"]  # shown for a while (V11)


def _acl(aws: Aws, made: str) -> Any:
    name, _, number = made.partition("/")
    return aws.wafv2.get_web_acl(Name=name, Scope="REGIONAL", Id=number)


def _schedules(aws: Aws, name: str) -> Any:
    """Return whether the group exists. AWS shows one that is being deleted (E2)."""
    return aws.scheduler.get_schedule_group(Name=name).get("State") != "DELETING"


def _key(aws: Aws, made: str) -> Any:
    """Return whether the key exists. AWS lists a key that is pending deletion for weeks."""
    return aws.kms.describe_key(KeyId=made)["KeyMetadata"].get("KeyState") != "PendingDeletion"


def _api_or_stage(aws: Aws, made: str) -> Any:
    api, _, stage = made.partition("/stages/")
    if not stage:
        return aws.apigateway.get_rest_api(restApiId=api)
    return aws.apigateway.get_stage(restApiId=api, stageName=stage)


def _target(aws: Aws, made: str) -> Any:
    """Find the target among all of the region, as its ARN does not contain the table."""
    pages = aws.autoscaling.get_paginator("describe_scalable_targets").paginate(
        ServiceNamespace="dynamodb"
    )
    every = (one for page in pages for one in page.get("ScalableTargets", []))
    return next((one for one in every if one.get("ScalableTargetARN", "").endswith(made)), None)


ARN_KINDS: Final[Mapping[tuple[str, str], ArnKind]] = {
    ("apigateway", "/usageplans/"): ArnKind(
        lambda aws, made: aws.apigateway.get_usage_plan(usagePlanId=made),
        removal_commands.plan,
        goes("its keys are refused from then on"),
    ),
    ("apigateway", "/apikeys/"): ArnKind(
        lambda aws, made: aws.apigateway.get_api_key(apiKey=made),
        plain("aws apigateway delete-api-key --api-key {}"),
        goes("its users are refused from then on"),
    ),
    ("apigateway", "/domainnames/"): ArnKind(
        lambda aws, made: aws.apigateway.get_domain_name(domainName=made),
        plain("aws apigateway delete-domain-name --domain-name {}"),
        goes("its mappings are deleted with it"),
    ),
    ("wafv2", "regional/webacl/"): ArnKind(_acl, removal_commands.acl),
    ("apigateway", "/restapis/"): ArnKind(
        _api_or_stage,
        removal_commands.api_or_stage,
        goes("its address stops answering"),
    ),
    ("acm", "certificate/"): ArnKind(
        lambda aws, made: aws.acm.describe_certificate(
            CertificateArn=aws.location.arn("acm", f"certificate/{made}")
        ),
        removal_commands.certificate,
    ),
    ("cloudwatch", "alarm:"): ArnKind(
        lambda aws, name: aws.cloudwatch.describe_alarms(AlarmNames=[name]).get("MetricAlarms", []),
        plain("aws cloudwatch delete-alarms --alarm-names {}"),
    ),
    ("scheduler", "schedule-group/"): ArnKind(
        _schedules,
        plain("aws scheduler delete-schedule-group --name {}"),
        goes("every schedule in it is deleted with it"),
    ),
    ("lambda", "function:"): ArnKind(
        lambda aws, name: aws.lambda_.get_function(FunctionName=name),
        plain("aws lambda delete-function --function-name {}"),
    ),
    ("lambda", "layer:"): ArnKind(_version, removal_commands.layer),
    ("application-autoscaling", "scalable-target/"): ArnKind(_target, removal_commands.target),
    ("dynamodb", "table/"): ArnKind(
        lambda aws, name: aws.dynamodb.describe_table(TableName=name),
        removal_commands.table,
        removal_commands.table_goes,
        removal_commands.table_without_backup,
    ),
    ("logs", "log-group:"): ArnKind(
        _group, removal_commands.log_group, removal_commands.log_group_goes
    ),
    ("sns", ""): ArnKind(
        lambda aws, name: aws.sns.get_topic_attributes(TopicArn=aws.location.arn("sns", name)),
        removal_commands.topic,
        goes("its subscriptions are deleted with it"),
    ),
    ("sqs", ""): ArnKind(
        lambda aws, name: aws.sqs.get_queue_url(QueueName=name),
        removal_commands.queue,
        goes("the messages in it are deleted with it"),
    ),
    ("iam", "role/"): ArnKind(
        lambda aws, name: aws.iam.get_role(RoleName=name.rpartition("/")[2]), removal_commands.role
    ),
    ("ec2", "vpc-flow-log/"): ArnKind(
        lambda aws, made: aws.ec2.describe_flow_logs(FlowLogIds=[made]).get("FlowLogs", []),
        plain("aws ec2 delete-flow-logs --flow-log-ids {}"),
    ),
    ("ec2", "vpc-endpoint/"): ArnKind(
        _endpoint, plain("aws ec2 delete-vpc-endpoints --vpc-endpoint-ids {}")
    ),
    ("ec2", "security-group/"): ArnKind(
        lambda aws, made: aws.ec2.describe_security_groups(GroupIds=[made]).get(
            "SecurityGroups", []
        ),
        plain("aws ec2 delete-security-group --group-id {}"),
        goes("AWS refuses it while a rule or a network interface has it"),
    ),
    ("ec2", "subnet/"): ArnKind(
        lambda aws, made: aws.ec2.describe_subnets(SubnetIds=[made]).get("Subnets", []),
        plain("aws ec2 delete-subnet --subnet-id {}"),
        goes("AWS refuses it while a network interface is in it"),
    ),
    ("ec2", "route-table/"): ArnKind(
        lambda aws, made: aws.ec2.describe_route_tables(RouteTableIds=[made]).get(
            "RouteTables", []
        ),
        removal_commands.route_table,
    ),
    ("ec2", "vpc/"): ArnKind(
        lambda aws, made: aws.ec2.describe_vpcs(VpcIds=[made]).get("Vpcs", []),
        plain("aws ec2 delete-vpc --vpc-id {}"),
        goes("AWS refuses it until everything in it is deleted"),
    ),
    ("kms", "key/"): ArnKind(
        _key,
        plain("aws kms schedule-key-deletion --key-id {}"),
        goes(
            "everything it encrypted, backups too, becomes unreadable after AWS has waited 30 days"
        ),
    ),
}
"""Service and beginning of an ARN's resource → its kind, in the order in which they can be deleted:
a resource before what it uses, a key last."""


def look_up(aws: Aws, arn: str, *, backups: bool) -> LookupResult:
    """Look the resource up directly: listings by tag may still show deleted ones."""
    arn_kind, name, _ = _kind_of(arn)
    if arn_kind is None:
        return LookupResult(None)
    found = None
    there: bool | None = None
    try:
        found = arn_kind.exists(aws, name)
        there = bool(found)
    except NO_GOOD_ANSWER as error:
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
        there = False if is_not_found(code) else None
    if there is False:
        return LookupResult(False)
    commands = arn_kind.commands if backups or arn_kind.unsaved is None else arn_kind.unsaved
    return LookupResult(there, arn_kind.goes(found), commands(aws, name, found))


def rank(arn: str) -> tuple[int, str]:
    """Return the sort key for the order in which leftovers can be deleted."""
    return _kind_of(arn)[2], arn


def _kind_of(arn: str) -> tuple[ArnKind | None, str, int]:
    """Return the kind, the resource's own name or id, and its place in the order of deletion."""
    _, _, service, _, _, resource = arn.split(":", 5)
    for number, ((of, beginning), arn_kind) in enumerate(ARN_KINDS.items()):
        if service == of and resource.startswith(beginning):
            return arn_kind, resource.removeprefix(beginning), number
    return None, resource, len(ARN_KINDS)
