"""The words in which a step says what IAM asks for its calls.

A call of AWS's API is not always the IAM action of the same name, and may ask for several, on
several resources. What is said here follows AWS's Service Authorization Reference; a step says
further sources where it needs them.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

ANY_RESOURCE: Final = "*"
"""For what AWS judges on no resource of its own, as it does most lists."""


class Condition(NamedTuple):
    """One line of a condition: `operator` on `key`. Key and value are templates, as ARNs are; where
    the value is a field that is not set, there is nothing to test."""

    operator: str
    key: str
    value: str


OWNED: Final = Condition("StringLike", "aws:ResourceTag/{owner}", "{mark}/*")
"""What exists already carries our stack's owner tag."""
TAGS_OWNER: Final = Condition("StringLike", "aws:RequestTag/{owner}", "{mark}/*")
"""What is made gets our stack's owner tag in the call that makes it."""
KEEPS_OWNER: Final = Condition("StringLikeIfExists", "aws:RequestTag/{owner}", "{mark}/*")
"""Tags may change; whose it is may not be given away."""

HAS_NO_OWNER: Final = Condition("Null", "aws:ResourceTag/{owner}", "true")
"""For what can be told neither by name nor by tag: at least it is no stack's."""


@dataclass(frozen=True)
class Permission:
    """One IAM action, `on` resources (ARN templates), `when` every test holds.

    In templates stand `{partition} {region} {account} {stack}`, `{owner}` for the owner tag's key,
    `{mark}` for what its value begins with,
    and the step's fields; what AWS will choose reads `*`. `unnamed` are the tests added where such
    a `*` stands in a name that else is ours. `having` and `lacking` name a field that must be set,
    or not, for the step to need this at all.
    """

    action: str
    resources: tuple[str, ...] = (ANY_RESOURCE,)
    conditions: tuple[Condition, ...] = ()
    wildcard_conditions: tuple[Condition, ...] = ()
    if_set: str = ""
    if_unset: str = ""


@dataclass(frozen=True)
class ApiCall:
    """`operation` as `service.Operation` in botocore's names, and all that IAM asks for it."""

    operation: str
    permits: tuple[Permission, ...] = ()


@dataclass(frozen=True)
class ApiCalls:
    """The calls of one kind. `look` are made by every verb, `make` by create and update, `remove`
    by delete. `computed`: fields that AWS chooses, as far as a template can tell them beforehand.
    """

    read: tuple[ApiCall, ...] = ()
    write: tuple[ApiCall, ...] = ()
    delete: tuple[ApiCall, ...] = ()
    computed: Mapping[str, str] = field(default_factory=dict)


def arn(service: str, resource: str, *, region: bool = True, account: bool = True) -> str:
    """The template of an ARN, as `Location.arn` builds one."""
    place, owner = "{region}" if region else "", "{account}" if account else ""
    return f"arn:{{partition}}:{service}:{place}:{owner}:{resource}"


def gateway_permission(method: str, path: str, *tests: Condition) -> Permission:
    """IAM's action is the call's HTTP method. For conditions, what lies under an API, a plan or a
    domain inherits its tags.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-tagging-supported-resources.html
    """
    return Permission(f"apigateway:{method}", (gateway_arn(path),), tests)


def gateway_arn(path: str) -> str:
    return arn("apigateway", path, account=False)


def call(operation: str, *permits: Permission) -> ApiCall:
    return ApiCall(operation, permits)


def calls(
    service: str, on: str | tuple[str, ...], *operations: str, when: tuple[Condition, ...] = ()
) -> tuple[ApiCall, ...]:
    """Operations that ask for the action of their own name."""
    resources = (on,) if isinstance(on, str) else on
    return tuple(
        ApiCall(f"{service}.{name}", (Permission(f"{service}:{name}", resources, when),))
        for name in operations
    )
