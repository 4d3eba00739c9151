"""Every byte AWS shows of an account's content, so that "left alone" can be compared."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from provision.aws.client import Aws
from tests.support.account_inventory import inventory, scaling

Dump = dict[str, Any]
"""`kind id` → the answers of the describe calls."""

_PASSING = ("ResponseMetadata", "ApproximateNumberOf", "StateUpdatedTimestamp", "NextToken")


def dump(aws: Aws) -> Dump:
    """Return the account's content, equal to another dump if nothing changed in between."""
    found: Dump = {}
    listed = inventory(aws)
    for kind, describe in _DESCRIBE.items():
        for name in sorted(listed.get(kind, ())):
            found[f"{kind} {name}"] = _plain([_answer(call) for call in describe(aws, name)])
    for kind, names in scaling(aws).items():
        found |= {f"{kind} {name}": True for name in names}
    for kind in listed.keys() - _DESCRIBE.keys():
        found |= {f"{kind} {name}": True for name in listed[kind]}
    return found


Calls = Iterator[Callable[[], Any]]


def _answer(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except ClientError as error:
        return error.response["Error"]["Code"]


def _plain(value: Any) -> Any:
    """Return it as JSON values, without those that differ from one read to the next."""
    text = json.dumps(value, default=str, sort_keys=True)
    return json.loads(text, object_hook=_lasting)


def _lasting(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if not key.startswith(_PASSING)}


def _function(aws: Aws, name: str) -> Calls:
    client = aws.lambda_
    arn = aws.location.arn("lambda", f"function:{name}")
    yield lambda: client.get_function_configuration(FunctionName=name)
    yield lambda: client.list_tags(Resource=arn)
    yield lambda: client.list_function_event_invoke_configs(FunctionName=name)


def _version(aws: Aws, name: str) -> Calls:
    function, number = name.split(":")
    yield lambda: aws.lambda_.get_function_configuration(FunctionName=function, Qualifier=number)


def _alias(aws: Aws, name: str) -> Calls:
    function, alias = name.split(":")
    yield lambda: aws.lambda_.get_alias(FunctionName=function, Name=alias)
    yield lambda: aws.lambda_.get_policy(FunctionName=function, Qualifier=alias)


def _layer(aws: Aws, name: str) -> Calls:
    layer, number = name.split(":")
    yield lambda: aws.lambda_.get_layer_version(LayerName=layer, VersionNumber=int(number))


def _role(aws: Aws, name: str) -> Calls:
    yield lambda: aws.iam.get_role(RoleName=name)
    yield lambda: aws.iam.list_attached_role_policies(RoleName=name)


def _role_policy(aws: Aws, name: str) -> Calls:
    role, policy = name.split("/")
    yield lambda: aws.iam.get_role_policy(RoleName=role, PolicyName=policy)


def _table(aws: Aws, name: str) -> Calls:
    client = aws.dynamodb
    yield lambda: client.describe_table(TableName=name)
    yield lambda: client.describe_time_to_live(TableName=name)
    yield lambda: client.describe_continuous_backups(TableName=name)
    arn = aws.location.arn("dynamodb", f"table/{name}")
    yield lambda: client.list_tags_of_resource(ResourceArn=arn)


def _queue(aws: Aws, url: str) -> Calls:
    yield lambda: aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    yield lambda: aws.sqs.list_queue_tags(QueueUrl=url)


def _topic(aws: Aws, arn: str) -> Calls:
    yield lambda: aws.sns.get_topic_attributes(TopicArn=arn)
    yield lambda: aws.sns.list_tags_for_resource(ResourceArn=arn)
    yield lambda: aws.sns.list_subscriptions_by_topic(TopicArn=arn)


def _log_group(aws: Aws, name: str) -> Calls:
    yield lambda: aws.logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"][0]
    arn = aws.location.arn("logs", f"log-group:{name}")
    yield lambda: aws.logs.list_tags_for_resource(resourceArn=arn)


def _alarm(aws: Aws, name: str) -> Calls:
    yield lambda: aws.cloudwatch.describe_alarms(AlarmNames=[name])
    arn = aws.location.arn("cloudwatch", f"alarm:{name}")
    yield lambda: aws.cloudwatch.list_tags_for_resource(ResourceARN=arn)


def _dashboard(aws: Aws, name: str) -> Calls:
    yield lambda: aws.cloudwatch.get_dashboard(DashboardName=name)


def _rest_api(aws: Aws, name: str) -> Calls:
    client = aws.apigateway
    yield lambda: client.get_rest_api(restApiId=name)
    yield lambda: client.get_resources(restApiId=name, limit=500, embed=["methods"])
    yield lambda: client.get_models(restApiId=name)
    yield lambda: client.get_request_validators(restApiId=name)
    yield lambda: client.get_gateway_responses(restApiId=name)


def _stage(aws: Aws, name: str) -> Calls:
    api, stage = name.split("/")
    yield lambda: aws.apigateway.get_stage(restApiId=api, stageName=stage)


def _usage_plan(aws: Aws, name: str) -> Calls:
    yield lambda: aws.apigateway.get_usage_plan(usagePlanId=name)


def _api_key(aws: Aws, name: str) -> Calls:
    yield lambda: aws.apigateway.get_api_key(apiKey=name, includeValue=True)


def _domain(aws: Aws, name: str) -> Calls:
    yield lambda: aws.apigateway.get_domain_name(domainName=name)
    yield lambda: aws.apigateway.get_base_path_mappings(domainName=name)


def _certificate(aws: Aws, arn: str) -> Calls:
    yield lambda: aws.acm.list_tags_for_certificate(CertificateArn=arn)


def _vpc(aws: Aws, name: str) -> Calls:
    yield lambda: aws.ec2.describe_vpcs(VpcIds=[name])
    yield lambda: aws.ec2.describe_vpc_attribute(VpcId=name, Attribute="enableDnsSupport")


def _subnet(aws: Aws, name: str) -> Calls:
    yield lambda: aws.ec2.describe_subnets(SubnetIds=[name])


def _routes(aws: Aws, name: str) -> Calls:
    yield lambda: aws.ec2.describe_route_tables(RouteTableIds=[name])


def _group(aws: Aws, name: str) -> Calls:
    yield lambda: aws.ec2.describe_security_groups(GroupIds=[name])


def _endpoint(aws: Aws, name: str) -> Calls:
    yield lambda: aws.ec2.describe_vpc_endpoints(VpcEndpointIds=[name])


_DESCRIBE: dict[str, Callable[[Aws, str], Calls]] = {
    "function": _function,
    "version": _version,
    "alias": _alias,
    "layer": _layer,
    "role": _role,
    "role policy": _role_policy,
    "table": _table,
    "queue": _queue,
    "topic": _topic,
    "log group": _log_group,
    "alarm": _alarm,
    "dashboard": _dashboard,
    "rest api": _rest_api,
    "stage": _stage,
    "usage plan": _usage_plan,
    "api key": _api_key,
    "domain": _domain,
    "certificate": _certificate,
    "vpc": _vpc,
    "subnet": _subnet,
    "route table": _routes,
    "security group": _group,
    "endpoint": _endpoint,
}
