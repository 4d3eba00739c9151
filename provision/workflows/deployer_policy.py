"""The permissions that the commands need, whichever module makes the calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Final

from provision.aws.access import Location
from provision.model import iam
from provision.model.stack import Stack
from provision.model.step import Step
from provision.permissions.policies import Policy, policies
from provision.permissions.requirements import (
    DELETE,
    READ,
    WRITE,
    Asked,
    asked_by,
    asked_by_others,
    asked_by_stack,
    expected,
)
from provision.stack import lookups
from provision.steps.kms.key import NEW_KEY
from provision.steps.lambda_.function import Function
from provision.steps.logs.log_group import LINES
from provision.steps.sqs.queue import Queue
from provision.workflows import dead_letters, health, invoke, leftovers, redrive
from provision.workflows.checks import deployed
from provision.workflows.endpoint_services import endpoint_service_calls
from provision.workflows.given import given_calls
from provision.workflows.logs.sources import log_sources

ONCE: Final = "-new-key"
"""The suffix of the name of the policy that is to be detached once the stack's key exists."""


class Purpose(StrEnum):
    """The commands that a policy must suffice for.

    `up` also covers push and `up --check`; `status` covers plan, outputs and refresh; `plan` covers
    only plan, with names that are yet to be added; `operate` covers check, invoke, dlq and logs.
    """

    UP = "up"
    PLAN = "plan"
    STATUS = "status"
    DOWN = "down"
    OPERATE = "operate"
    ALL = "all"


_PARTS: Final = {
    Purpose.UP: (READ, WRITE, DELETE),
    Purpose.PLAN: (READ,),
    Purpose.STATUS: (READ,),
    Purpose.DOWN: (READ, DELETE),
    Purpose.OPERATE: (),
    Purpose.ALL: (READ, WRITE, DELETE),
}
_ALWAYS: Final = (
    ("account guard", lookups.ALIAS_CALLS),
    ("zones", lookups.ZONE_CALLS),
    ("encryption", lookups.KEY_CALLS),
)
_OTHER_CALLERS: Final[Mapping[Purpose, tuple[tuple[str, tuple[iam.ApiCall, ...]], ...]]] = {
    Purpose.UP: _ALWAYS,
    Purpose.PLAN: _ALWAYS,
    Purpose.STATUS: (*_ALWAYS, ("status", health.CALLS)),
    Purpose.DOWN: (*_ALWAYS, ("leftovers", leftovers.CALLS)),
    Purpose.OPERATE: (*_ALWAYS, ("dlq", dead_letters.AGE_CALLS)),
    Purpose.ALL: (*_ALWAYS, ("status", health.CALLS), ("leftovers", leftovers.CALLS)),
}
"""Callers in addition to the steps."""
_Using = tuple[str, type[Step], tuple[iam.ApiCall, ...]]
_CHECKED: Final[tuple[_Using, ...]] = (*(("check", kind, calls) for kind, calls in deployed.CALLS),)
_OPERATED: Final[tuple[_Using, ...]] = (
    ("invoke", Function, invoke.CALLS),
    ("dlq", Function, (*invoke.OWNER_CALLS, *redrive.CALLS)),
    ("dlq", Queue, dead_letters.CALLS),
)
"""Commands that use existing resources of a kind, and the calls for each of them."""
_BEFORE_A_NAME: Final = (":", "/")


def deployer_asks(
    stack: Stack, orphans: Mapping[str, Step], where: Location, purpose: Purpose
) -> list[Asked]:
    """Return everything that IAM is asked by the commands of this purpose.

    `orphans`: the steps of orphans, which `up` and `down` delete.
    """
    asked = asked_by_stack(stack, orphans, where, _PARTS[purpose])
    for by, calls in _OTHER_CALLERS[purpose]:
        asked += asked_by_others(by, calls, where, stack)
    if purpose in {Purpose.UP, Purpose.PLAN, Purpose.STATUS, Purpose.ALL}:
        steps = expected(stack, where)
        asked += asked_by_others("given", given_calls(steps), where, stack)
        if purpose is not Purpose.STATUS:
            asked += asked_by_others("endpoints", endpoint_service_calls(steps), where, stack)
    if purpose in {Purpose.OPERATE, Purpose.ALL}:
        asked += _asked_by_operating(stack, where, (*_CHECKED, *_OPERATED))
    elif purpose is Purpose.UP:
        asked += _asked_by_operating(stack, where, _CHECKED)
    return [_to_come(each, stack.name) for each in asked] if purpose is Purpose.PLAN else asked


def _asked_by_operating(stack: Stack, where: Location, using: Sequence[_Using]) -> list[Asked]:
    steps = expected(stack, where)
    operated = [
        (by, step, calls)
        for by, kind, calls in using
        for step in steps.values()
        if isinstance(step, kind)
    ]
    operated += [("logs", steps[source.node], (LINES,)) for source in log_sources(steps)]
    return [
        asked for by, step, calls in operated for asked in asked_by(by, step, calls, where, stack)
    ]


def _to_come(asked: Asked, stack: str) -> Asked:
    """Return the same for every name of the stack.

    A pull request may add a table, and AWS denies a request for a name that no statement covers,
    whether it exists or not.
    """
    before, found, name = asked.resource.partition(f"{stack}-")
    if not found or not before.endswith(_BEFORE_A_NAME) or iam.ANY_RESOURCE in name:
        return asked
    return replace(asked, resource=f"{before}{found}{iam.ANY_RESOURCE}")


def deployer_policies(
    stack: Stack, orphans: Mapping[str, Step], where: Location, purpose: Purpose
) -> tuple[Policy, ...]:
    """Return the managed policies to attach, together, to the runner of the commands.

    All regions of an account share IAM's policies. Creating a key takes access beyond the stack,
    and is needed once: it comes last, in a policy of its own.
    """
    name = f"{stack.name}-{where.region}-{'deployer' if purpose is Purpose.ALL else purpose}"
    asks = deployer_asks(stack, orphans, where, purpose)
    permanent = policies(name, [each for each in asks if each.operation != NEW_KEY])
    once = [each for each in asks if each.operation == NEW_KEY]
    return (*permanent, *(policies(f"{name}{ONCE}", once) if once else ()))
