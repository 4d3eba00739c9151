"""EC2: settings that MiniStack drops are kept in hidden tags, and missing ids are errors.

An endpoint's policy is a tag of the endpoint; the prefix lists of a rule are a tag of its group.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from functools import partial
from typing import Any, Final

from provision.local.corrections.raw import RawClient

_PARAMS: Final = "provision_local_params"
_HIDDEN: Final = "provision:local:"
_POLICY: Final = _HIDDEN + "policy"
_LISTS: Final = _HIDDEN + "lists"
_ALL_ALLOWED: Final = (
    '{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}'
)
_TARGETS: Final = ("IpRanges", "Ipv6Ranges", "UserIdGroupPairs")
_EVERY_PORT: Final = "-1--1"
_SIDES: Final = {"Ingress": "IpPermissions", "Egress": "IpPermissionsEgress"}

_NAMED_BY: Final = {
    "ip-permission.group-id": "IpPermissions",
    "egress.ip-permission.group-id": "IpPermissionsEgress",
}
_PEERED_WITH: Final = {
    "requester-vpc-info.vpc-id": "RequesterVpcInfo",
    "accepter-vpc-info.vpc-id": "AccepterVpcInfo",
}

Answer = dict[str, Any]
Correct = Callable[[RawClient, Answer, dict[str, Any]], str | None]
"""A function that corrects an answer in place, and returns AWS's error code if it is an error."""


def install(events: Any, raw: RawClient) -> None:
    corrections: dict[str, Correct] = {
        "CreateVpcEndpoint": _keep_policy,
        "ModifyVpcEndpoint": _change_policy,
        "DescribeVpcEndpoints": _show_policies,
        "DescribeNetworkInterfaces": _interfaces,
        "DescribeRouteTables": _route_tables,
        "DescribeSecurityGroups": _security_groups,
        "DescribeVpcPeeringConnections": _peerings,
    }
    for side in _SIDES:
        corrections[f"AuthorizeSecurityGroup{side}"] = partial(_keep_lists, side)
        corrections[f"RevokeSecurityGroup{side}"] = partial(_forget_lists, side)
    for operation, correct in corrections.items():
        events.register(f"provide-client-params.ec2.{operation}", _note_params)
        events.register(f"after-call.ec2.{operation}", partial(_apply, correct, raw))


def _note_params(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    context[_PARAMS] = params


def _apply(
    correct: Correct,
    raw: RawClient,
    http_response: Any,
    parsed: Answer,
    context: dict[str, Any],
    **_: Any,
) -> None:
    if "Error" in parsed:
        return
    if code := correct(raw, parsed, context[_PARAMS]):
        http_response.status_code = 400  # boto3 raises by the status, after this hook
        parsed["Error"] = {"Code": code, "Message": "it does not exist"}


# -- ids that do not exist: MiniStack returns an empty list ------------------------------------


def _route_tables(_: RawClient, answer: Answer, asked: dict[str, Any]) -> str | None:
    missing = asked.get("RouteTableIds") and not answer["RouteTables"]
    return "InvalidRouteTableID.NotFound" if missing else None


# -- filters that MiniStack ignores ------------------------------------------------------------


def _interfaces(_: RawClient, answer: Answer, asked: dict[str, Any]) -> None:
    _filter(answer, "NetworkInterfaces", asked)


def _security_groups(_: RawClient, answer: Answer, asked: dict[str, Any]) -> None:
    """Apply the filters, also by the groups that rules name: else every group names every other.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroups.html
    """
    _show_lists(answer)
    _filter(answer, "SecurityGroups", asked)


def _peerings(_: RawClient, answer: Answer, asked: dict[str, Any]) -> None:
    _filter(answer, "VpcPeeringConnections", asked)


def _filter(answer: Answer, member: str, asked: dict[str, Any]) -> None:
    for each in asked.get("Filters", []):
        name, wanted = each["Name"], each["Values"]
        answer[member] = [
            resource
            for resource in answer[member]
            if any(fnmatchcase(have, want) for have in _values(resource, name) for want in wanted)
        ]


def _values(resource: dict[str, Any], name: str) -> list[str]:
    """Return a resource's values for a filter: a tag, its groups, or the field of that name."""
    if name.startswith("tag:"):
        return [tag["Value"] for tag in _tags(resource) if tag["Key"] == name.removeprefix("tag:")]
    if name == "group-id" and "GroupId" not in resource:
        return [group["GroupId"] for group in resource.get("Groups", [])]
    if side := _NAMED_BY.get(name):
        rules = resource.get(side, [])
        return [pair["GroupId"] for rule in rules for pair in rule.get("UserIdGroupPairs", [])]
    if side := _PEERED_WITH.get(name):
        return [resource[side]["VpcId"]]
    field = "".join(word.capitalize() for word in name.split("-"))
    return [str(resource[field])] if field in resource else []


def _tags(resource: dict[str, Any]) -> list[dict[str, str]]:
    tags: list[dict[str, str]] = resource.get("Tags") or resource.get("TagSet") or []
    return tags


# -- the policy of an endpoint -----------------------------------------------------------------


def _keep_policy(raw: RawClient, answer: Answer, asked: dict[str, Any]) -> None:
    endpoint = answer["VpcEndpoint"]
    policy = asked.get("PolicyDocument")
    if policy:
        _tag(raw, endpoint["VpcEndpointId"], _POLICY, policy)
    endpoint["PolicyDocument"] = policy or _ALL_ALLOWED


def _change_policy(raw: RawClient, _: Answer, asked: dict[str, Any]) -> None:
    endpoint = asked["VpcEndpointId"]
    if asked.get("ResetPolicy"):
        _tag(raw, endpoint, _POLICY, None)
    elif policy := asked.get("PolicyDocument"):
        _tag(raw, endpoint, _POLICY, policy)


def _show_policies(_: RawClient, answer: Answer, asked: dict[str, Any]) -> str | None:
    if asked.get("VpcEndpointIds") and not answer["VpcEndpoints"]:
        return "InvalidVpcEndpointId.NotFound"
    for endpoint in answer["VpcEndpoints"]:
        endpoint["PolicyDocument"] = _take_hidden(endpoint).get(_POLICY, _ALL_ALLOWED)
    _filter(answer, "VpcEndpoints", asked)
    return None


# -- the prefix lists of a security group's rules ----------------------------------------------


def _keep_lists(side: str, raw: RawClient, _: Answer, asked: dict[str, Any]) -> None:
    for rule, prefix_list in _rules_with_lists(side, asked):
        _tag(raw, asked["GroupId"], f"{rule}:{prefix_list}", prefix_list)


def _forget_lists(side: str, raw: RawClient, _: Answer, asked: dict[str, Any]) -> None:
    for rule, prefix_list in _rules_with_lists(side, asked):
        for key in (rule, f"{rule}:{prefix_list}"):  # the first: data of older versions
            _tag(raw, asked["GroupId"], key, None)


def _show_lists(answer: Answer) -> None:
    """Show the kept lists, in place of the rules without a target that MiniStack has for them.

    It takes two rules whose lists alone differ for one, and forgets both with the first.
    """
    for group in answer["SecurityGroups"]:
        hidden = _take_hidden(group)
        for side, member in _SIDES.items():
            kept = _kept_lists(side, hidden)
            others = [
                rule
                for rule in group.get(member, [])
                if not kept or any(rule.get(target) for target in _TARGETS)
            ]
            group[member] = [*others, *kept]


def _kept_lists(side: str, hidden: dict[str, str]) -> list[dict[str, Any]]:
    found: dict[str, list[str]] = {}
    for key, lists in sorted(hidden.items()):
        if key.startswith(f"{_LISTS}:{side}:"):
            rule = ":".join(key.removeprefix(f"{_LISTS}:{side}:").split(":")[:2])
            found.setdefault(rule, []).extend(lists.split())
    return [_as_permission(rule, lists) for rule, lists in found.items()]


def _as_permission(rule: str, lists: list[str]) -> dict[str, Any]:
    protocol, _, ports = rule.partition(":")
    shown = {"IpProtocol": protocol, "PrefixListIds": [{"PrefixListId": one} for one in lists]}
    if ports == _EVERY_PORT:
        return shown
    first, _, last = ports.partition("-")
    return {**shown, "FromPort": int(first), "ToPort": int(last)}


def _rules_with_lists(side: str, asked: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for permission in asked.get("IpPermissions", []):
        for each in permission.get("PrefixListIds", []):
            yield _rule(side, permission), each["PrefixListId"]


def _rule(side: str, permission: dict[str, Any]) -> str:
    ports = f"{permission.get('FromPort', -1)}-{permission.get('ToPort', -1)}"
    return f"{_LISTS}:{side}:{permission['IpProtocol']}:{ports}"


# -- hidden tags -------------------------------------------------------------------------------


def _tag(raw: RawClient, resource: str, key: str, value: str | None) -> None:
    tag = {"ResourceId.1": resource, "Tag.1.Key": key}
    if value is None:
        raw.query("DeleteTags", tag)
    else:
        raw.query("CreateTags", {**tag, "Tag.1.Value": value})


def _take_hidden(resource: dict[str, Any]) -> dict[str, str]:
    tags = resource.get("Tags", [])
    hidden = {tag["Key"]: tag["Value"] for tag in tags if tag["Key"].startswith(_HIDDEN)}
    resource["Tags"] = [tag for tag in tags if tag["Key"] not in hidden]
    return hidden
