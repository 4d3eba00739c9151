"""A permissions boundary for the stack's roles: exactly what their own policies need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from provision.aws.access import Location
from provision.config.service_reference import matches
from provision.model import iam
from provision.model.step import OWNER, Document
from provision.permissions.policies import MOST_CHARACTERS, Policy, statements
from provision.permissions.requirements import Asked
from provision.stack import grants, key_grants
from provision.stack.api import ACCOUNT_ROLE
from provision.stack.inputs import StackInputs
from provision.stack.schedules import live_alias
from provision.steps.apigateway.account import LOG_ACTIONS

ASSUME: Final = "sts:AssumeRole"
FORBIDDEN: Final = ("account:*", "iam:*", "organizations:*", ASSUME)
"""Denied although nothing allows it: a boundary that only does not allow an action does not limit
what resource policies grant to a role's sessions."""
_BY_VPC: Final = "aws:SourceVpc"
_OF_A_NETWORK: Final = ("security-group", "subnet")


@dataclass(frozen=True)
class _ResourceNames:
    """The AWS names of tables and functions, or patterns of them if there are too many."""

    tables: Sequence[str]
    functions: Sequence[str]


def boundary_policy(inputs: StackInputs) -> Policy:
    """Return the policy with every name or, if that exceeds IAM's limit, with one pattern."""
    exact = _policy(inputs, _names(inputs))
    if exact.characters <= MOST_CHARACTERS:
        return exact
    return _policy(inputs, _ResourceNames((inputs.name("*"),), (inputs.name("*"),)))


def is_exact(inputs: StackInputs, policy: Policy) -> bool:
    """Return whether the policy has the exact names, and not a pattern of the stack's names."""
    return policy == _policy(inputs, _names(inputs))


def _names(inputs: StackInputs) -> _ResourceNames:
    return _ResourceNames(
        [inputs.aws_name("table", key) for key in inputs.config.tables],
        [inputs.aws_name("function", key) for key in inputs.config.functions],
    )


def _policy(inputs: StackInputs, names: _ResourceNames) -> Policy:
    code = [inputs.location.arn("lambda", f"function:{name}") for name in names.functions]
    needed = list(_needed(inputs, names))
    allowed = statements([*_asked(inputs, needed), *_for_the_account(inputs.location)])
    denied = [
        {**each, "Condition": {"ArnLike": {"lambda:SourceFunctionArn": code}}}
        for document in needed
        for each in document["Statement"]
        if each["Effect"] == "Deny"
    ]
    document = {"Version": "2012-10-17", "Statement": [*allowed, *denied, *_nothing_more(needed)]}
    return Policy(inputs.global_name("boundary"), document)


def _nothing_more(needed: Sequence[Document]) -> Iterator[Document]:
    """Yield the denials of `FORBIDDEN`. Roles that a function may assume by name are left out."""
    roles = sorted(
        {
            resource
            for document in needed
            for each in document["Statement"]
            if each["Effect"] == "Allow" and any(matches(ASSUME, name) for name in each["Action"])
            for resource in each["Resource"]
        }
    )
    denied = [name for name in FORBIDDEN if not (roles and name == ASSUME)]
    statement = {"Sid": "NoMoreRights", "Effect": "Deny", "Action": denied}
    yield {**statement, "Resource": iam.ANY_RESOURCE}
    if roles:
        yield {"Sid": "NoOtherRole", "Effect": "Deny", "Action": [ASSUME], "NotResource": roles}


def _needed(inputs: StackInputs, names: _ResourceNames) -> Iterator[Document]:
    """Yield the roles' policies at their widest.

    They have `*` for what AWS will choose, and all that a function may do with a table.
    """
    where, config = inputs.location, inputs.config
    tables = [where.arn("dynamodb", f"table/{name}") for name in names.tables]
    yield grants.table_access(
        [grants.GrantedTable(table, "write", sort_key=True) for table in tables], iam.ANY_RESOURCE
    )
    for name in names.functions:
        yield grants.logging(where.arn("logs", f"log-group:/aws/lambda/{name}"))
        yield grants.dead_letters(where.arn("sqs", f"{name}-dead-letters"))
    for key in config.functions:
        if config.functions[key].on:
            yield grants.invoking(live_alias(inputs, key))
    yield grants.flow_logging(where.arn("logs", f"log-group:/aws/vpc/{config.prefix}"))
    yield grants.tracing()
    yield grants.network(
        where,
        iam.ANY_RESOURCE,
        [where.arn("ec2", "subnet/*")],
        where.arn("ec2", "security-group/*"),
    )
    if config.encryption.key != "managed":
        yield key_grants.encryption(where, inputs.key or where.arn("kms", "key/*"), ("write",))
    for function in config.functions.values():
        if function.policy:
            yield grants.own(function.policy, inputs.placeholders)
    secrets = [secret for function in config.functions.values() for secret in function.secrets]
    if secrets:
        yield grants.secrets(where, secrets, iam.ANY_RESOURCE)


def _asked(inputs: StackInputs, documents: Iterable[Document]) -> Iterator[Asked]:
    """Yield each action on each resource that the policies allow, without the VPC condition.

    The VPC has no id before it exists; a role's own policies name it.
    """
    for document in documents:
        for each in document["Statement"]:
            if each["Effect"] == "Allow":
                tests = tuple(sorted(_tests(each.get("Condition", {}))))
                for action in each["Action"]:
                    for resource in each["Resource"]:
                        yield Asked(action, resource, tests + _owned(inputs, resource), "", "")


def _owned(inputs: StackInputs, resource: str) -> tuple[iam.Condition, ...]:
    """Return the condition that subnets and security groups carry the stack's owner tag.

    They have no ids before they exist, and a role may be given a policy that names those of any
    network. EC2 checks the tag when an interface is created, also when Lambda creates it, because
    Lambda calls EC2 with the role's own credentials.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
    """
    if resource not in {inputs.location.arn("ec2", f"{kind}/*") for kind in _OF_A_NETWORK}:
        return ()
    return (
        iam.Condition(
            "StringLike", f"aws:ResourceTag/{OWNER}", f"{inputs.identity.owner_prefix}/*"
        ),
    )


def _tests(condition: Document) -> Iterator[iam.Condition]:
    for operator, keys in condition.items():
        for key, values in keys.items():
            if key != _BY_VPC:
                yield from (iam.Condition(operator, key, value) for value in values)


def _for_the_account(where: Location) -> Iterator[Asked]:
    """Yield the log actions of API Gateway's role, which no other role may use.

    That role writes the logs of every stack of the account.
    """
    role = where.arn("iam", f"role/{ACCOUNT_ROLE}", region=False)
    only = (iam.Condition("ArnEquals", "aws:PrincipalArn", role),)
    everywhere = where.arn("logs", iam.ANY_RESOURCE, region=False).replace("logs::", "logs:*:")
    for action in LOG_ACTIONS:
        yield Asked(action, everywhere, only, "", "")
