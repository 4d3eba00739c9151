"""MiniStack with IAM on, in a process of its own.

`python -m tests.conformance.permissions.enforcing ROOT PORT` starts it.

MiniStack checks each call by the policies of its signer: action, resource, conditions. If it checks
another permission than AWS, that is corrected here, and never the policies; docs/emulators.md has a
row for each place. The evaluation itself is only MiniStack's.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote

from provision.local import server
from provision.local.limitations import ACCOUNT, CREDENTIALS
from tests.conformance.permissions.authorization import NEW, PREFIXES

Context = dict[str, Any]
Enforce = Callable[..., Any]

actions: Any = importlib.import_module("ministack.core.iam_actions")
evaluator: Any = importlib.import_module("ministack.core.iam_evaluator")

_TAGGING: Final = {"apigateway": "apigateway:TagResource", "ec2": "ec2:CreateTags"}
"""Operations whose tags MiniStack reads, for those whose tags it does not read."""
_KEYS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "kms:CreateAlias": (("TargetKeyId", "TargetKeyId"),),
    "kms:UpdateAlias": (("TargetKeyId", "TargetKeyId"),),
    "lambda:AddPermission": (("lambda:Principal", "Principal"),),
    "sns:Subscribe": (("sns:Protocol", "Protocol"), ("sns:Endpoint", "Endpoint")),
}
"""Action → condition key and parameter, of the services' own keys.

KMS's parameter identifies the key, which no condition names.
"""
_OF_THE_GROUP: Final = ("TagResource", "UntagResource", "ListTagsForResource")
"""Calls of CloudWatch Logs that AWS checks on a group's ARN without `:*`."""


def install() -> None:
    """Correct the permissions in this process, before it serves."""
    actions._BOTOCORE_SERVICE_MAP["lambda"] = ["lambda"]
    actions._lambda_action = _lambda_action
    actions.extract_resource_arn = _resource(actions.extract_resource_arn)
    actions.request_tag_context = _request_tags(actions.request_tag_context)
    evaluator.enforce = _enforce(evaluator.enforce)


def _lambda_action(method: str, path: str) -> str | None:
    """Return the action by botocore's routes; MiniStack's table confuses an alias with the list."""
    found: str | None = actions._match_rest_action("lambda", method, path)
    return "InvokeFunction" if found == "Invoke" else found


# -- resources ---------------------------------------------------------------------------------


def _resource(original: Callable[..., str]) -> Callable[..., str]:
    def resource(*asked: Any) -> str:
        service, _, path, headers, body, query, region, account = asked
        found = original(*asked)

        def first(*names: str) -> str:
            value = actions._param(body, query, *names)
            return str(value[0] if isinstance(value, list) else value)

        def arn(of: str, place: str = region) -> str:
            return f"arn:aws:{service}:{place}:{account}:{of}"

        match service:
            case "dynamodb" | "sns" if found == "*":
                return first("ResourceArn") or found
            case "monitoring":
                operation = headers.get("x-amz-target", "").rpartition(".")[2]
                return _monitored(operation, first, region, account)
            case "kms" if name := first("AliasName"):
                return arn(name)
            case "kms" if name := first("KeyId"):
                return _key_arn(name) or arn("key/none")
            case "lambda" if path.endswith("/functions"):
                return arn(f"function:{first('FunctionName')}")
            case "lambda":
                return found + _version(path, first("Qualifier"))
            case "ec2":
                return _network(first, arn, found)
            case "scheduler" if path.startswith("/schedules/"):
                group = first("GroupName", "groupName")
                return arn(f"schedule/{group}/{path.rpartition('/')[2]}")
            case "scheduler" if path.startswith("/tags/"):
                return unquote(path.removeprefix("/tags/"))
            case "route53" if "/change/" in path:
                return f"arn:aws:route53:::change/{path.rpartition('/')[2]}"
        return found

    return resource


def _monitored(operation: str, first: Callable[..., str], region: str, account: str) -> str:
    alarms = f"arn:aws:cloudwatch:{region}:{account}:alarm"
    if dashboard := first("DashboardName", "DashboardNames"):
        return f"arn:aws:cloudwatch::{account}:dashboard/{dashboard}"
    if operation == "DescribeAlarms":  # any name needs this
        return f"{alarms}:*"
    alarm = first("AlarmName", "AlarmNames")
    return f"{alarms}:{alarm}" if alarm else first("ResourceARN") or "*"


def _key_arn(name: str) -> str:
    """Return the key's ARN for an id, ARN or alias."""
    key = importlib.import_module("ministack.services.kms")._resolve_key(name)
    return str(key["Arn"]) if key else ""


def _version(path: str, qualifier: str) -> str:
    """Return the version: a layer's is in the path, an invoked function's in the query."""
    match path.strip("/").split("/"):
        case [_, "layers", _, "versions", number]:
            return f":{number}"
        case [_, "functions", _, "invocations"] if qualifier:
            return f":{qualifier}"
    return ""


def _network(first: Callable[..., str], arn: Callable[..., str], found: str) -> str:
    action = first("Action")
    if action.startswith("Describe") and action != "DescribeVpcAttribute":
        return "*"
    if action == "CreateVpc":
        return arn("vpc/new")
    if action in {"CreateTags", "DeleteTags"}:
        name = first("ResourceId.1")
        return arn(f"{PREFIXES[name.partition('-')[0]]}/{name}")
    if association := first("AssociationId"):  # means its table
        tables = importlib.import_module("ministack.services.ec2")._route_tables
        return next(
            (
                arn(f"route-table/{name}")
                for name, table in tables.items()
                if association in {a["RouteTableAssociationId"] for a in table["Associations"]}
            ),
            found,
        )
    return found


# -- conditions --------------------------------------------------------------------------------


def _request_tags(original: Callable[..., Context]) -> Callable[..., Context]:
    def request_tags(service: str, action: str, body: bytes, params: Any) -> Context:
        found = original(service, _TAGGING.get(service, action), body, params)
        named = {key: actions._param(body, params, name) for key, name in _KEYS.get(action, ())}
        return {**found, **named}

    return request_tags


def _enforce(original: Enforce) -> Enforce:
    def enforce(
        key: str,
        action: str,
        service: str,
        region: str,
        resource_arn: str = "*",
        service_context: Context | None = None,
    ) -> Any:
        evaluator._request_origin.set(("127.0.0.1", True))  # as over TLS
        if key == CREDENTIALS[0]:  # the corrections' own requests, which carry no signature
            return None
        asked = {**(service_context or {}), **_sourced(key)}
        for each, resource, context in _asks(
            action, resource_arn, str(asked.get("TargetKeyId", ""))
        ):
            denied = original(key, each, service, region, resource, {**asked, **context})
            if denied:
                return denied
        return None

    return enforce


def _asks(action: str, resource: str, target: str) -> Iterator[tuple[str, str, Context]]:
    """Yield the permissions of one call.

    A resource that EC2 creates needs permission too, and so do an alias's present and future keys.
    """
    service, _, operation = action.partition(":")
    if service == "logs" and resource.startswith("arn:") and operation not in _OF_THE_GROUP:
        yield action, f"{resource}:*", _carried(resource)
        return
    yield action, resource, _carried(resource)
    if service == "kms" and ":alias/" in resource:
        for key in filter(None, (_key_arn(resource), _key_arn(target))):
            yield action, key, _carried(key)
    if action == "kms:CreateKey":
        yield "kms:TagResource", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/new", {}
    if kind := NEW.get(operation, ""):
        new = ":".join([*resource.split(":")[:5], f"{kind}/new"])
        yield action, new, {}
        yield "ec2:CreateTags", new, {"ec2:CreateAction": operation}


def _sourced(key: str) -> Context:
    """Return the source: a function in a VPC calls by its endpoint, in a session of its name."""
    session = importlib.import_module("ministack.services.sts")._sessions.get(key)
    if not session:
        return {}
    functions: Any = importlib.import_module("ministack.services.lambda_svc")
    function = functions._functions.get(session["Arn"].rpartition("/")[2]) or {}
    vpc = function.get("config", {}).get("VpcConfig", {}).get("VpcId")
    return {"aws:SourceVpc": vpc} if vpc else {}


def _carried(arn: str) -> Context:
    """Return the tags of an existing resource, if MiniStack does not read them itself."""
    service, _, resource = arn.removeprefix("arn:aws:").partition(":")
    module = _TAGGED.get(service)
    if module is None:
        return {}
    there: Any = importlib.import_module(f"ministack.services.{module}")
    tags: Any
    more: Context = {}
    match service:
        case "ec2":
            name = resource.rpartition("/")[2]
            tags = there._tags.get(name)
            if group := there._security_groups.get(name):
                vpc = ":".join([*arn.split(":")[:5], f"vpc/{group['VpcId']}"])
                more = {"ec2:Vpc": vpc}
        case "acm":
            tags = (there._certificates.get(arn) or {}).get("Tags")
        case "cloudwatch":
            tags = there._resource_tags.get(arn)
        case "kms":
            key = there._resolve_key(arn) or {}
            tags = {tag["TagKey"]: tag["TagValue"] for tag in key.get("Tags", ())}
            names = [
                each.partition(":alias/")[2]
                for each, of in there._aliases.items()
                if of == key.get("KeyId")
            ]
            more = {"kms:ResourceAliases": [f"alias/{name}" for name in names]} if names else {}
        case _:
            tags = _of_gateway(there, arn)
    pairs = tags if isinstance(tags, Mapping) else {t["Key"]: t["Value"] for t in tags or ()}
    return {**more, **{f"aws:ResourceTag/{name}": value for name, value in pairs.items()}}


_TAGGED: Final = {
    "acm": "acm",
    "apigateway": "apigateway_v1",
    "cloudwatch": "cloudwatch",
    "ec2": "ec2",
    "kms": "kms",
}


def _of_gateway(gateway: Any, arn: str) -> Mapping[str, str]:
    """Return the tags of the nearest parent that has any, because children inherit them."""
    found: Mapping[str, str] = {}
    while not found and arn.count("/") > 1:
        found = gateway._v1_tags.get(arn) or {}
        arn = arn.rpartition("/")[0]
    return found


if __name__ == "__main__":
    os.environ["AUTH"] = "true"
    install()
    server.main()
