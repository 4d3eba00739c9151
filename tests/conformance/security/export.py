"""An account's resources as a CloudFormation template, for scanners that read those.

All data are from AWS's own answers, none from our steps.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from provision.aws.client import Aws
from tests.conformance.security.apis import apis, stages
from tests.conformance.security.data import queues, tables, topics
from tests.conformance.security.networks import OURS, functions, our_vpcs

Resource = tuple[str, dict[str, Any]]
"""A CloudFormation type, and its properties."""


def export(aws: Aws) -> str:
    """Return a template as JSON; its names are the types with a number."""
    found = [
        each
        for area in (_data, _functions, _roles, _network, _api, _waf, _keys_and_logs)
        for each in area(aws)
    ]
    resources = {
        f"{kind.replace('AWS::', '').replace('::', '')}{number}": {
            "Type": kind,
            "Properties": {key: value for key, value in properties.items() if value is not None},
        }
        for number, (kind, properties) in enumerate(found)
    }
    return json.dumps(
        {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}, indent=1, default=str
    )


def _data(aws: Aws) -> Iterator[Resource]:
    for table in tables(aws):
        sse = table.get("SSEDescription", {})
        backups = aws.dynamodb.describe_continuous_backups(TableName=table["TableName"])
        recovery = backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
        yield (
            "AWS::DynamoDB::Table",
            {
                "TableName": table["TableName"],
                "KeySchema": table["KeySchema"],
                "AttributeDefinitions": table["AttributeDefinitions"],
                "DeletionProtectionEnabled": table["DeletionProtectionEnabled"],
                "PointInTimeRecoverySpecification": {
                    "PointInTimeRecoveryEnabled": recovery["PointInTimeRecoveryStatus"] == "ENABLED"
                },
                "SSESpecification": {
                    "SSEEnabled": sse.get("Status") == "ENABLED",
                    "SSEType": sse.get("SSEType"),
                    "KMSMasterKeyId": sse.get("KMSMasterKeyArn"),
                },
            },
        )
    for url, shown in queues(aws).items():
        settings = {key: shown.get(key) for key in ("KmsMasterKeyId", "SqsManagedSseEnabled")}
        yield "AWS::SQS::Queue", {"QueueName": url.rpartition("/")[2], **settings}
        policy = json.loads(shown["Policy"])
        yield "AWS::SQS::QueuePolicy", {"Queues": [url], "PolicyDocument": policy}
    for arn in topics(aws):
        about = aws.sns.get_topic_attributes(TopicArn=arn)["Attributes"]
        name = arn.rpartition(":")[2]
        key = about.get("KmsMasterKeyId")
        yield "AWS::SNS::Topic", {"TopicName": name, "KmsMasterKeyId": key}
        policy = json.loads(about["Policy"])
        yield "AWS::SNS::TopicPolicy", {"Topics": [arn], "PolicyDocument": policy}


def _functions(aws: Aws) -> Iterator[Resource]:
    for found in functions(aws):
        name = found["FunctionName"]
        reserved = aws.lambda_.get_function_concurrency(FunctionName=name)
        same = ("Runtime", "Handler", "MemorySize", "Timeout", "DeadLetterConfig", "TracingConfig")
        network = found["VpcConfig"]
        yield (
            "AWS::Lambda::Function",
            {
                "FunctionName": name,
                **{key: found.get(key) for key in same},
                "Environment": {"Variables": found["Environment"]["Variables"]},
                "KmsKeyArn": found.get("KMSKeyArn"),
                "ReservedConcurrentExecutions": reserved.get("ReservedConcurrentExecutions"),
                "VpcConfig": {key: network[key] for key in ("SubnetIds", "SecurityGroupIds")},
            },
        )
        policy = aws.lambda_.get_policy(FunctionName=name, Qualifier="live")["Policy"]
        for statement in json.loads(policy)["Statement"]:
            yield (
                "AWS::Lambda::Permission",
                {
                    "FunctionName": name,
                    "Action": statement["Action"],
                    "Principal": statement["Principal"]["Service"],
                    "SourceArn": statement["Condition"]["ArnLike"]["AWS:SourceArn"],
                },
            )


def _roles(aws: Aws) -> Iterator[Resource]:
    for role in aws.iam.list_roles()["Roles"]:
        name = role["RoleName"]
        policies = [
            {
                "PolicyName": policy,
                "PolicyDocument": aws.iam.get_role_policy(RoleName=name, PolicyName=policy)[
                    "PolicyDocument"
                ],
            }
            for policy in aws.iam.list_role_policies(RoleName=name)["PolicyNames"]
        ]
        attached = aws.iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        yield (
            "AWS::IAM::Role",
            {
                "RoleName": name,
                "AssumeRolePolicyDocument": role["AssumeRolePolicyDocument"],
                "Policies": policies,
                "ManagedPolicyArns": [each["PolicyArn"] for each in attached],
            },
        )


def _network(aws: Aws) -> Iterator[Resource]:
    ours: Any = [{"Name": "vpc-id", "Values": our_vpcs(aws)}]
    for vpc in aws.ec2.describe_vpcs(Filters=ours)["Vpcs"]:
        yield "AWS::EC2::VPC", {"CidrBlock": vpc["CidrBlock"]}
    for subnet in aws.ec2.describe_subnets(Filters=ours)["Subnets"]:
        shown = ("VpcId", "CidrBlock", "MapPublicIpOnLaunch")
        yield "AWS::EC2::Subnet", {key: subnet.get(key) for key in shown}
    for group in aws.ec2.describe_security_groups(Filters=ours)["SecurityGroups"]:
        yield (
            "AWS::EC2::SecurityGroup",
            {
                "GroupName": group["GroupName"],
                "GroupDescription": group["Description"],
                "VpcId": group["VpcId"],
                "SecurityGroupIngress": list(_rules(group["IpPermissions"], "Source")),
                "SecurityGroupEgress": list(_rules(group["IpPermissionsEgress"], "Destination")),
            },
        )
    for endpoint in aws.ec2.describe_vpc_endpoints(Filters=ours)["VpcEndpoints"]:
        policy = json.loads(endpoint["PolicyDocument"])
        yield (
            "AWS::EC2::VPCEndpoint",
            {
                "VpcId": endpoint["VpcId"],
                "ServiceName": endpoint["ServiceName"],
                "PolicyDocument": policy,
            },
        )
    kept: Any = OURS
    for log in aws.ec2.describe_flow_logs(Filters=kept)["FlowLogs"]:
        same = ("ResourceId", "TrafficType", "LogGroupName", "DeliverLogsPermissionArn")
        yield "AWS::EC2::FlowLog", {"ResourceType": "VPC", **{key: log.get(key) for key in same}}


def _rules(permissions: Any, end: str) -> Iterator[dict[str, Any]]:
    for permission in permissions:
        ports = {key: permission.get(key) for key in ("IpProtocol", "FromPort", "ToPort")}
        for each in permission.get("IpRanges", []):
            yield {**ports, "CidrIp": each["CidrIp"], "Description": each.get("Description")}
        for each in permission.get("PrefixListIds", []):
            found = each["PrefixListId"]
            yield {**ports, f"{end}PrefixListId": found, "Description": each.get("Description")}


def _api(aws: Aws) -> Iterator[Resource]:
    for api in apis(aws):
        closed = api.get("disableExecuteApiEndpoint")
        kind = api["endpointConfiguration"]["types"]
        yield (
            "AWS::ApiGateway::RestApi",
            {
                "Name": api["name"],
                "DisableExecuteApiEndpoint": closed,
                "EndpointConfiguration": {"Types": kind},
            },
        )
        for resource in aws.apigateway.get_resources(restApiId=api["id"])["items"]:
            for verb in resource.get("resourceMethods", {}):
                method: Any = aws.apigateway.get_method(
                    restApiId=api["id"], resourceId=resource["id"], httpMethod=verb
                )
                yield (
                    "AWS::ApiGateway::Method",
                    {
                        "RestApiId": api["id"],
                        "ResourceId": resource["id"],
                        "HttpMethod": verb,
                        "AuthorizationType": method["authorizationType"],
                        "ApiKeyRequired": method["apiKeyRequired"],
                    },
                )
    for api_id, stage in stages(aws):
        yield "AWS::ApiGateway::Stage", {"RestApiId": api_id, **_stage(stage)}
    for domain in aws.apigateway.get_domain_names()["items"]:
        policy = domain["securityPolicy"]
        yield (
            "AWS::ApiGateway::DomainName",
            {"DomainName": domain["domainName"], "SecurityPolicy": policy},
        )


def _stage(stage: Any) -> dict[str, Any]:
    access = stage["accessLogSettings"]
    settings = stage["methodSettings"]["*/*"]
    return {
        "StageName": stage["stageName"],
        "DeploymentId": stage["deploymentId"],
        "TracingEnabled": stage["tracingEnabled"],
        "CacheClusterEnabled": stage.get("cacheClusterEnabled", False),
        "AccessLogSetting": {"DestinationArn": access["destinationArn"]},
        "MethodSettings": [
            {
                "HttpMethod": "*",
                "ResourcePath": "/*",
                "LoggingLevel": settings["loggingLevel"],
                "MetricsEnabled": settings["metricsEnabled"],
                "DataTraceEnabled": settings.get("dataTraceEnabled", False),
                "CachingEnabled": settings.get("cachingEnabled", False),
            }
        ],
    }


def _waf(aws: Aws) -> Iterator[Resource]:
    for listed in aws.wafv2.list_web_acls(Scope="REGIONAL")["WebACLs"]:
        found = aws.wafv2.get_web_acl(Name=listed["Name"], Scope="REGIONAL", Id=listed["Id"])
        same = ("Name", "DefaultAction", "Rules", "VisibilityConfig")
        acl: Any = found["WebACL"]
        yield "AWS::WAFv2::WebACL", {"Scope": "REGIONAL", **{key: acl[key] for key in same}}


def _keys_and_logs(aws: Aws) -> Iterator[Resource]:
    for key in aws.kms.list_keys()["Keys"]:
        name = key["KeyId"]
        if aws.kms.describe_key(KeyId=name)["KeyMetadata"]["KeyManager"] == "CUSTOMER":
            policy = aws.kms.get_key_policy(KeyId=name, PolicyName="default")["Policy"]
            rotation = aws.kms.get_key_rotation_status(KeyId=name)["KeyRotationEnabled"]
            document = json.loads(policy)
            yield "AWS::KMS::Key", {"KeyPolicy": document, "EnableKeyRotation": rotation}
    for group in aws.logs.describe_log_groups()["logGroups"]:
        yield (
            "AWS::Logs::LogGroup",
            {
                "LogGroupName": group["logGroupName"],
                "RetentionInDays": group.get("retentionInDays"),
                "KmsKeyId": group.get("kmsKeyId"),
            },
        )
