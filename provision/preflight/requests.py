"""Rehearses a stack: returns the requests that `create` of each node would send, in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from provision.config import Config
from provision.model.step import Step
from provision.preflight.placeholders import stand_in_site, with_stand_ins
from provision.preflight.rehearsal import ACCOUNT, Rehearsal, Request
from provision.stack import build_stack


@dataclass(frozen=True)
class Foreseen:
    """The graph, steps and requests of a rehearsed stack.

    `cut_short`: node → the error that ended its rehearsal; its requests until then are kept.
    """

    graph: dict[str, tuple[str, ...]]
    steps: dict[str, Step]
    requests: Sequence[Request]
    cut_short: dict[str, Exception]


def rehearse(config: Config) -> Foreseen:
    aws = Rehearsal(config.region, config.account or ACCOUNT)
    stack = build_stack(stand_in_site(config, aws.location))
    steps: dict[str, Step] = {}
    cut_short: dict[str, Exception] = {}
    for number, (name, node) in enumerate(stack.nodes.items(), start=1):
        want = node.build(steps)
        steps[name] = with_stand_ins(want, number, aws.location)
        aws.node = name
        try:
            want.with_owner(f"{stack.owner_prefix}/{name}").create(aws)
        except Exception as error:  # noqa: BLE001  (no answer was foreseen; AWS will give one)
            cut_short[name] = error
    return Foreseen(stack.graph, steps, aws.requests, cut_short)
