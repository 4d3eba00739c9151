"""Which permissions the commands need, whoever in this package makes the calls."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from provision import account, given_key, health, leftovers, zones
from provision.access import Where
from provision.graph import Stack
from provision.permissions.asked import (
    LOOK,
    MAKE,
    REMOVE,
    Asked,
    asked_by_others,
    asked_by_stack,
)
from provision.permissions.declare import Call
from provision.permissions.policy import Policy, policies
from provision.step import Step


class Purpose(StrEnum):
    """What the policy is to suffice for. `up` also does for push, `status` for plan,
    outputs and refresh."""

    UP = "up"
    STATUS = "status"
    DOWN = "down"
    ALL = "all"


_PARTS: Final = {
    Purpose.UP: (LOOK, MAKE, REMOVE),
    Purpose.STATUS: (LOOK,),
    Purpose.DOWN: (LOOK, REMOVE),
    Purpose.ALL: (LOOK, MAKE, REMOVE),
}
_ALWAYS: Final = (
    ("account guard", account.CALLS),
    ("zones", zones.CALLS),
    ("encryption", given_key.CALLS),
)
_BESIDE: Final[Mapping[Purpose, tuple[tuple[str, tuple[Call, ...]], ...]]] = {
    Purpose.UP: _ALWAYS,
    Purpose.STATUS: (*_ALWAYS, ("status", health.CALLS)),
    Purpose.DOWN: (*_ALWAYS, ("leftovers", leftovers.CALLS)),
    Purpose.ALL: (*_ALWAYS, ("status", health.CALLS), ("leftovers", leftovers.CALLS)),
}
"""Who makes calls beside the steps."""


def deployer_asks(
    stack: Stack, forgotten: Mapping[str, Step], where: Where, purpose: Purpose
) -> list[Asked]:
    """Everything IAM is asked by the commands of this purpose. `forgotten`: the steps of nodes that
    only the journal still knows, which `up` and `down` remove."""
    asked = asked_by_stack(stack, forgotten, where, _PARTS[purpose])
    for by, calls in _BESIDE[purpose]:
        asked += asked_by_others(by, calls, where, stack)
    return asked


def deployer_policies(
    stack: Stack, forgotten: Mapping[str, Step], where: Where, purpose: Purpose
) -> tuple[Policy, ...]:
    """The managed policies to attach, together, to whoever runs the commands. All regions of an
    account share IAM's policies."""
    name = f"{stack.name}-{where.region}-{'deployer' if purpose is Purpose.ALL else purpose}"
    return policies(name, deployer_asks(stack, forgotten, where, purpose))
