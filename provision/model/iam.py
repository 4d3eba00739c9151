"""Declarations of the IAM permissions that the API calls of a step need.

An API call is not always the IAM action of the same name, and may need several actions on several
resources. The declarations follow AWS's Service Authorization Reference; a step cites further
sources where it needs them.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

ANY_RESOURCE: Final = "*"
"""The resource of actions without resource-level permissions, as most lists are."""


class Condition(NamedTuple):
    """A line of an IAM condition: `operator` on `key`.

    Key and value are templates, as ARNs are. If the value is a field that is not set, the condition
    is left out.
    """

    operator: str
    key: str
    value: str


OWNED: Final = Condition("StringLike", "aws:ResourceTag/{owner}", "{owner_prefix}/*")
"""The existing resource carries an owner tag of this stack."""
TAGS_OWNER: Final = Condition("StringLike", "aws:RequestTag/{owner}", "{owner_prefix}/*")
"""The call that creates the resource gives it an owner tag of this stack."""
KEEPS_OWNER: Final = Condition("StringLikeIfExists", "aws:RequestTag/{owner}", "{owner_prefix}/*")
"""Tags may change, but the owner tag may not name another stack."""

HAS_NO_OWNER: Final = Condition("Null", "aws:ResourceTag/{owner}", "true")
"""For a resource that neither name nor tag identifies: at least it is no stack's."""


@dataclass(frozen=True)
class Permission:
    """An IAM action on `resources` (ARN templates), if all `conditions` hold.

    Templates may use `{partition}`, `{region}`, `{account}`, `{dns_suffix}`, `{stack}`, `{owner}`
    (the key of the owner tag), `{owner_prefix}` (the beginning of its value) and the resource's
    fields. A field that AWS chooses expands to `*`; `wildcard_conditions` are then added. The
    permission is needed only if the field `if_set` has a value and the field `if_unset` has none.
    """

    action: str
    resources: tuple[str, ...] = (ANY_RESOURCE,)
    conditions: tuple[Condition, ...] = ()
    wildcard_conditions: tuple[Condition, ...] = ()
    if_set: str = ""
    if_unset: str = ""


@dataclass(frozen=True)
class ApiCall:
    """An `operation`, as `service.Operation` in botocore's names, and the permissions it needs."""

    operation: str
    permits: tuple[Permission, ...] = ()


@dataclass(frozen=True)
class ApiCalls:
    """The API calls of one kind of resource.

    Every method makes `read` calls, create and update make `write` calls, delete makes `delete`
    calls. `computed` has templates of fields that AWS chooses, as far as they can be predicted.
    """

    read: tuple[ApiCall, ...] = ()
    write: tuple[ApiCall, ...] = ()
    delete: tuple[ApiCall, ...] = ()
    computed: Mapping[str, str] = field(default_factory=dict)


def arn(service: str, resource: str, *, region: bool = True, account: bool = True) -> str:
    """Return the template of an ARN, built as `Location.arn` does."""
    place, owner = "{region}" if region else "", "{account}" if account else ""
    return f"arn:{{partition}}:{service}:{place}:{owner}:{resource}"


def gateway_permission(method: str, path: str, *tests: Condition) -> Permission:
    """Return the permission for an API Gateway call: its IAM action is the HTTP method.

    In conditions, resources below an API, a usage plan or a domain name inherit its tags.

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
    """Return API calls that each need the IAM action of the same name."""
    resources = (on,) if isinstance(on, str) else on
    return tuple(
        ApiCall(f"{service}.{name}", (Permission(f"{service}:{name}", resources, when),))
        for name in operations
    )
