"""Other stacks in our account: their every resource, and what policies reach of it.

Nothing here is a list of actions: tests try what the printed policies say, on the resources that
the neighbours' own steps declare.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from botocore.session import Session

from provision.aws.access import Location
from provision.model.iam import ANY_RESOURCE, ApiCall
from provision.model.stack import Stack
from provision.model.step import OWNER, Step, Tagged
from provision.permissions.policies import Policy
from provision.permissions.requirements import expected
from provision.stack import StackInputs, build_stack
from provision.steps import KINDS
from provision.workflows.boundary_policy import boundary_policy
from provision.workflows.deployer_policy import ONCE, Purpose, deployer_asks, deployer_policies
from tests.conformance.permissions.evaluation import Ask, Line, lines
from tests.conformance.permissions.lifecycle import FULL
from tests.conformance.permissions.place import HERE
from tests.support.sample_stack import TinySources, configured, merge

Facts = Mapping[str, tuple[str, ...]]
"""Condition keys that AWS reads from a resource or a caller."""

THERE: Final = replace(HERE, region="eu-west-1")
STACKS: Final = (
    ("tap", "dev", HERE),
    ("tap", "dev-eu", HERE),  # begins as the first
    ("tap", "dev", THERE),
    ("tap", "dev-eu", THERE),
    ("tap", "dev2", HERE),
    ("tap", "de", HERE),  # the first begins as this
    ("tap-dev", "x", HERE),
    ("tap2", "dev", HERE),
    ("ta", "dev", HERE),
    ("my-tap", "dev", HERE),
)
TAG: Final = f"aws:resourcetag/{OWNER}"
ALIAS: Final = "kms:resourcealiases"
VPC: Final = "ec2:vpc"
NOTHING: Final[Facts] = {}


@dataclass(frozen=True)
class Resident:
    """One stack of the account; `owns` are all ARNs that its deployer and roles use."""

    stack: Stack
    where: Location
    roles: Mapping[str, list[Line]]
    owns: Mapping[str, Facts]
    boundary: Policy

    def deployer(self, purpose: Purpose) -> list[Line]:
        printed = deployer_policies(self.stack, {}, self.where, purpose)
        return lines(policy.document for policy in printed)

    def once_deployed(self) -> list[Line]:
        """Return the deployer's permissions after the key was created."""
        printed = deployer_policies(self.stack, {}, self.where, Purpose.ALL)
        return lines(policy.document for policy in printed if not policy.name.endswith(ONCE))


def residents(
    directory: Path, described: Iterable[tuple[str, str, Location]] = STACKS
) -> list[Resident]:
    return [resident(directory / str(number), *each) for number, each in enumerate(described)]


def resident(directory: Path, name: str, environment: str, where: Location) -> Resident:
    """Return a whole stack, with every option."""
    inputs = StackInputs(
        configured(directory, _configuration(name, environment, where)),
        where,
        tuple(f"{where.region}{zone}" for zone in "ab"),
        TinySources(directory / "zips"),
        lambda api, stage: f"https://{api}/{stage}",
    )
    stack = build_stack(inputs)
    steps = expected(stack, where)
    roles = {
        node: [_placed(line, stack) for line in lines(vars(step)["policies"].values())]
        for node, step in steps.items()
        if step.KIND == "iam.role_policies"
    }
    return Resident(
        stack, where, roles, dict(_owned(stack, where, steps, roles)), boundary_policy(inputs)
    )


def _configuration(name: str, environment: str, where: Location) -> dict[str, Any]:
    """Return a configuration that shares no host name, secret or key with another."""
    host, key = f"{name}-{environment}.{where.region}", f"alias/{name}-{environment}-key"
    secrets = {
        "CURSOR_KEY": {"secret": f"ssm:/{host}/cursor", "key": key},
        "PASSWORD": {"secret": f"secretsmanager:{host}/db"},
    }
    changes = deepcopy(dict(FULL))
    merge(changes, {"name": name, "environment": environment, "region": where.region})
    merge(changes, {"api": {"domain": {"name": f"{host}.example.com"}}})
    merge(changes, {"functions": {"items": {"environment": secrets}}})
    return changes


def _placed(line: Line, stack: Stack) -> Line:
    """Return the line with ids for those that AWS chooses, for which `expected` has patterns."""
    kind = line.resource.removesuffix("/*").rpartition(":")[2]
    own_key = kind == "key" and "ResourceAliases" not in line.condition
    if kind in {"security-group", "subnet"} or own_key:
        return replace(line, resource=line.resource.replace("*", f"0{stack.name}"))
    return line


def _owned(
    stack: Stack, where: Location, steps: Mapping[str, Step], roles: Mapping[str, list[Line]]
) -> Iterator[tuple[str, Facts]]:
    owners = {line.resource: "" for found in roles.values() for line in found}
    for each in deployer_asks(stack, {}, where, Purpose.ALL):
        tagged = isinstance(steps.get(each.by), Tagged)
        owners[each.resource] = each.by if tagged else owners.get(each.resource, "")
    for pattern, node in owners.items():
        arn, facts = pattern.replace("*", f"0{stack.name}"), dict[str, tuple[str, ...]]()
        if node:
            facts[TAG] = (f"{stack.owner_prefix}/{node}",)
        if ":key/" in arn:
            facts[ALIAS] = (f"alias/{stack.name}",)
        if ":security-group/" in arn:
            facts[VPC] = (where.arn("ec2", f"vpc/0{stack.name}"),)
        if pattern != ANY_RESOURCE:
            yield arn, facts


@dataclass(frozen=True)
class Account:
    """Everything in some stacks, by service and ARN."""

    found: Mapping[str, Mapping[str, Facts]]

    def reached(self, by: Iterable[Line], known: Facts = NOTHING) -> set[tuple[str, str]]:
        """Return actions and patterns of the lines that allow anything here, for any request.

        `known` are condition keys of the caller, which AWS adds to every request.
        """
        tried = list(by)
        return {
            (line.action, short(line.resource))
            for line in tried
            if line.effect == "Allow"
            and any(
                line.reaches(arn, {**facts, **known})
                and not _denied(tried, line.action, arn, {**facts, **known})
                for arn, facts in self.found.get(_service(line), {}).items()
            )
        }


def account(stacks: Iterable[Resident], *, lost: Collection[str] = ()) -> Account:
    """Return the account, in which no resource has a value for the condition keys `lost`."""
    found: dict[str, dict[str, Facts]] = {}
    for stack in stacks:
        for arn, facts in stack.owns.items():
            told = {key: value for key, value in facts.items() if key not in lost}
            found.setdefault(arn.split(":")[2], {})[arn] = told
    return Account(found)


def _denied(found: Iterable[Line], action: str, arn: str, facts: Facts) -> bool:
    ask = Ask(action, arn, facts)
    return any(line.effect == "Deny" and line.concerns(ask) for line in found)


def _service(line: Line) -> str:
    """Return the services it may concern: `*` in one service's action means no other's."""
    return (
        line.action.partition(":")[0]
        if line.resource == ANY_RESOURCE
        else line.resource.split(":")[2]
    )


def short(resource: str) -> str:
    """Return a pattern without the part that only says where it is."""
    return re.sub("arn:aws:apigateway:[^:]*::", "", unquote(resource)).split(":", 5)[-1]


# -- tags --------------------------------------------------------------------------------------

_TAGS: Final = re.compile("tags?|tag(keys|list|specifications)", re.IGNORECASE)


def marking_actions() -> set[str]:
    """Return every action that IAM checks for calls that put or take tags, by botocore's models."""
    session = Session()
    return {
        permit.action
        for kind in KINDS.values()
        for part in (kind.API_CALLS.read, kind.API_CALLS.write, kind.API_CALLS.delete)
        for call in part
        if _tags(session, call)
        for permit in call.permits
    }


def _tags(session: Session, call: ApiCall) -> bool:
    service, _, operation = call.operation.partition(".")
    shape = session.get_service_model(service).operation_model(operation).input_shape
    return any(_TAGS.fullmatch(member) for member in (shape.members if shape else ()))
