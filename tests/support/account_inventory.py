"""Everything an account holds, counted through AWS's own list calls, ours and others' alike."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from provision.aws.client import Aws

Inventory = dict[str, frozenset[str]]
PROOF: Final = re.compile(r"_[0-9a-f]{32}\..* CNAME$")


def inventory(aws: Aws) -> Inventory:
    """Return kind → names or ids, without empty kinds."""
    found = {**_network(aws), **_functions(aws), **_api(aws), **_rest(aws)}
    return {kind: frozenset(names) for kind, names in sorted(found.items()) if names}


def _all(client: Any, operation: str, key: str, **arguments: Any) -> list[Any]:
    pages = client.get_paginator(operation).paginate(**arguments)
    return [item for page in pages for item in page.get(key, [])]


def _named(items: Iterable[Mapping[str, Any]], name: str) -> set[str]:
    return {str(item[name]) for item in items}


def _network(aws: Aws) -> dict[str, set[str]]:
    ec2 = aws.ec2
    return {
        "vpc": _named(_all(ec2, "describe_vpcs", "Vpcs"), "VpcId"),
        "subnet": _named(_all(ec2, "describe_subnets", "Subnets"), "SubnetId"),
        "route table": _named(_all(ec2, "describe_route_tables", "RouteTables"), "RouteTableId"),
        "security group": _named(
            _all(ec2, "describe_security_groups", "SecurityGroups"), "GroupId"
        ),
        "endpoint": {
            endpoint["VpcEndpointId"]
            for endpoint in _all(ec2, "describe_vpc_endpoints", "VpcEndpoints")
            if endpoint["State"] != "deleted"  # shown for a while after (V11)
        },
        "flow log": _named(_all(ec2, "describe_flow_logs", "FlowLogs"), "FlowLogId"),
        "interface": _named(
            _all(ec2, "describe_network_interfaces", "NetworkInterfaces"), "NetworkInterfaceId"
        ),
    }


def _functions(aws: Aws) -> dict[str, set[str]]:
    client = aws.lambda_
    functions = _named(_all(client, "list_functions", "Functions"), "FunctionName")
    layers = _named(_all(client, "list_layers", "Layers"), "LayerName")
    return {
        "function": functions,
        "version": {
            f"{name}:{version['Version']}"
            for name in functions
            for version in _all(client, "list_versions_by_function", "Versions", FunctionName=name)
        },
        "alias": {
            f"{name}:{alias['Name']}"
            for name in functions
            for alias in _all(client, "list_aliases", "Aliases", FunctionName=name)
        },
        "layer": {
            f"{name}:{version['Version']}"
            for name in layers
            for version in _all(client, "list_layer_versions", "LayerVersions", LayerName=name)
        },
    }


def _api(aws: Aws) -> dict[str, set[str]]:
    client = aws.apigateway
    apis = _named(_all(client, "get_rest_apis", "items"), "id")
    plans = _named(_all(client, "get_usage_plans", "items"), "id")
    domains = _named(_all(client, "get_domain_names", "items"), "domainName")
    return {
        "rest api": apis,
        "deployment": {
            f"{api}/{deployment['id']}"
            for api in apis
            for deployment in _all(client, "get_deployments", "items", restApiId=api)
        },
        "stage": {
            f"{api}/{stage['stageName']}"
            for api in apis
            for stage in client.get_stages(restApiId=api)["item"]
        },
        "api key": _named(_all(client, "get_api_keys", "items"), "id"),
        "usage plan": plans,
        "usage plan key": {
            f"{plan}/{key['id']}"
            for plan in plans
            for key in _all(client, "get_usage_plan_keys", "items", usagePlanId=plan)
        },
        "domain": domains,
        "base path": {
            f"{domain}/{mapping['basePath']}"
            for domain in domains
            for mapping in _all(client, "get_base_path_mappings", "items", domainName=domain)
        },
    }


def _is_customers(aws: Aws, key: str) -> bool:
    """Return whether the key is neither AWS's own nor pending deletion."""
    found = aws.kms.describe_key(KeyId=key)["KeyMetadata"]
    return found.get("KeyManager") == "CUSTOMER" and found.get("KeyState") != "PendingDeletion"


def _rest(aws: Aws) -> dict[str, set[str]]:
    roles = _named(_all(aws.iam, "list_roles", "Roles"), "RoleName")
    tables = set(_all(aws.dynamodb, "list_tables", "TableNames"))
    return {
        "role": roles,
        "role policy": {
            f"{role}/{policy}"
            for role in roles
            for policy in _all(aws.iam, "list_role_policies", "PolicyNames", RoleName=role)
        },
        "table": tables,
        "queue": set(aws.sqs.list_queues().get("QueueUrls", [])),
        "key": {
            key
            for key in _named(_all(aws.kms, "list_keys", "Keys"), "KeyId")
            if _is_customers(aws, key)
        },
        "key alias": {
            alias["AliasName"]
            for alias in _all(aws.kms, "list_aliases", "Aliases")
            if not alias["AliasName"].startswith("alias/aws/")
        },
        "schedule group": _named(
            _all(aws.scheduler, "list_schedule_groups", "ScheduleGroups"), "Name"
        )
        - {"default"},
        "schedule": {
            f"{schedule['GroupName']}/{schedule['Name']}"
            for schedule in _all(aws.scheduler, "list_schedules", "Schedules")
        },
        "topic": _named(_all(aws.sns, "list_topics", "Topics"), "TopicArn"),
        "subscription": _named(_all(aws.sns, "list_subscriptions", "Subscriptions"), "Endpoint"),
        "log group": _named(_all(aws.logs, "describe_log_groups", "logGroups"), "logGroupName"),
        "alarm": _named(_all(aws.cloudwatch, "describe_alarms", "MetricAlarms"), "AlarmName"),
        "dashboard": _named(
            _all(aws.cloudwatch, "list_dashboards", "DashboardEntries"), "DashboardName"
        ),
        "certificate": _named(
            _all(aws.acm, "list_certificates", "CertificateSummaryList"), "CertificateArn"
        ),
        "web acl": _named(aws.wafv2.list_web_acls(Scope="REGIONAL")["WebACLs"], "Name"),
        "record": {f"{record['Name']} {record['Type']}" for record in _records(aws)},
    }


def _records(aws: Aws) -> Iterator[Any]:
    for zone in _named(_all(aws.route53, "list_hosted_zones", "HostedZones"), "Id"):
        yield from _all(
            aws.route53, "list_resource_record_sets", "ResourceRecordSets", HostedZoneId=zone
        )


def without_proofs(found: Inventory) -> Inventory:
    """Return it without the domain validation records, which `down` leaves (decision 26)."""
    others = frozenset(name for name in found.get("record", ()) if not PROOF.match(name))
    return {kind: others if kind == "record" else names for kind, names in found.items()}


def scaling(aws: Aws) -> Inventory:
    """Return Application Auto Scaling's resources; the embedded emulator lacks that service."""
    listed: Mapping[str, Callable[[], list[Any]]] = {
        "scaling target": lambda: aws.autoscaling.describe_scalable_targets(
            ServiceNamespace="dynamodb"
        )["ScalableTargets"],
        "scaling policy": lambda: aws.autoscaling.describe_scaling_policies(
            ServiceNamespace="dynamodb"
        )["ScalingPolicies"],
    }
    found = {
        kind: frozenset(f"{item['ResourceId']} {item['ScalableDimension']}" for item in read())
        for kind, read in listed.items()
    }
    return {kind: names for kind, names in found.items() if names}
