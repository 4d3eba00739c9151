"""The answers of the rehearsed AWS: shaped as botocore's model says, with empty lists.

They also hold the few values on which a step's next request depends.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from botocore.model import OperationModel, Shape

ABSENT: Final = {
    "iam.GetRole": "NoSuchEntity",
    "scheduler.GetScheduleGroup": "ResourceNotFoundException",
    "lambda.GetPolicy": "ResourceNotFoundException",
    "wafv2.GetWebACLForResource": "WAFNonexistentItemException",
}
"""The operation that looks for a resource before its creation → the error for "not found"."""

_DEPTH: Final = 3
"""The levels of an answer that are filled in: steps read deeper only in those of `_ANSWERS`."""


def answer(name: str, operation: OperationModel, parameters: Mapping[str, Any]) -> Any:
    shape = operation.output_shape
    found: dict[str, Any] = _blank(shape, _DEPTH) if shape else {}
    if said := _ANSWERS.get(name):
        found |= said(parameters)
    return found


def _blank(shape: Shape, depth: int) -> Any:
    match shape.type_name:
        case "structure":
            members: Mapping[str, Shape] = shape.members  # type: ignore[attr-defined]
            return (
                {name: _blank(each, depth - 1) for name, each in members.items()} if depth else {}
            )
        case "list":
            return []
        case "map":
            return {}
        case "string":
            return "x" * max(1, int(shape.metadata.get("min", 1)))
        case "boolean":
            return False
        case "timestamp":
            return datetime(2030, 1, 1, tzinfo=UTC)
        case "blob":
            return b""
    return 0


def _prefix_lists(parameters: Mapping[str, Any]) -> dict[str, Any]:
    names = [name for each in parameters["Filters"] for name in each["Values"]]
    return {
        "PrefixLists": [
            {"PrefixListName": name, "PrefixListId": "pl-0123456789abcdef0"} for name in names
        ]
    }


def _certificate(parameters: Mapping[str, Any]) -> dict[str, Any]:
    record = {"Name": "_0123456789abcdef.example.com.", "Type": "CNAME", "Value": "_0.acm.aws."}
    validation = {"ResourceRecord": record, "ValidationStatus": "SUCCESS"}
    return {
        "Certificate": {
            "CertificateArn": parameters["CertificateArn"],
            "DomainName": "example.com",
            "Status": "ISSUED",
            "DomainValidationOptions": [validation],
        }
    }


def _zone(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the zone that is asked for, as a public one."""
    name = parameters["DNSName"]
    return {
        "HostedZones": [
            {
                "Id": "/hostedzone/Z0123456789ABCDEFGHIJ",
                "Name": name if name.endswith(".") else f"{name}.",
                "Config": {"PrivateZone": False},
            }
        ]
    }


_WORKING: Final = {"State": "Active", "LastUpdateStatus": "Successful"}

_ANSWERS: Final[Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
    "acm.DescribeCertificate": _certificate,
    "apigateway.GetAccount": lambda _: {"cloudwatchRoleArn": ""},
    "apigateway.GetDomainName": lambda _: {"domainNameStatus": "AVAILABLE"},
    "dynamodb.DescribeTable": lambda _: {"Table": {"TableStatus": "ACTIVE"}},
    "ec2.CreateFlowLogs": lambda _: {"FlowLogIds": ["fl-0123456789abcdef0"]},
    "ec2.DescribeManagedPrefixLists": _prefix_lists,
    "ec2.DescribeSecurityGroups": lambda _: {
        "SecurityGroups": [
            {"GroupId": "sg-0123456789abcdef0", "IpPermissions": [], "IpPermissionsEgress": []}
        ]
    },
    "lambda.GetFunction": lambda _: {"Configuration": _WORKING, "TagsError": {}},
    "lambda.Invoke": lambda _: {"FunctionError": "", "LogResult": ""},
    "route53.ChangeResourceRecordSets": lambda _: {"ChangeInfo": {"Status": "INSYNC"}},
    "route53.ListHostedZonesByName": _zone,
    "sqs.GetQueueAttributes": lambda _: {"Attributes": {"Policy": json.dumps({"Statement": []})}},
}
