"""Walks of the engine over nodes: timed, ended by the clock, with failures translated."""

from __future__ import annotations

from collections.abc import Mapping

from botocore.exceptions import ClientError

from provision.engine.errors import translate_error
from provision.engine.executor import Engine
from provision.engine.planner import NodeEvent
from provision.engine.timing import WalkTiming
from provision.errors import Interrupted, NotPermitted, ProvisionError
from provision.model.stack import Needs, Visit, walk
from provision.permissions.access_denied import refusal
from provision.permissions.requirements import LOOK, MAKE, REMOVE, asked_by_stack


def start_walk(engine: Engine, doing: str, graph: Needs) -> WalkTiming:
    return WalkTiming(doing, graph, engine.aws.trace)


def run_walk(
    engine: Engine, walked: WalkTiming, visit: Visit, workers: int
) -> dict[str, ProvisionError]:
    """Run a traced walk, which ends if the user asks to stop or another run is at work.

    Return the failures by node, each translated and reported.
    """
    with engine.aws.trace.span(f"{walked.doing}: {len(walked.needs)} nodes", "walk"):
        failed = walk(
            walked.needs,
            walked.timed(visit),
            workers=workers,
            stopped=lambda: engine.aws.clock.stopped or bool(engine.crossed),
        )
    explained = {}
    for name, error in failed.items():
        explained[name] = _translated(engine, name, error)
        if not isinstance(error, Interrupted):
            engine.report(name, NodeEvent.FAILED, explained[name].message)
    return explained


def _translated(engine: Engine, name: str, error: Exception) -> ProvisionError:
    """Translate the error; a denied call with the IAM statement that this node needs."""
    told = translate_error(error)
    if not isinstance(told, NotPermitted) or not isinstance(error, ClientError):
        return told
    stack, where = engine.stack, engine.aws.location
    forgotten = {n: r.step for n, r in engine.journal.records.items() if n not in stack.nodes}
    asked = asked_by_stack(stack, forgotten, where, (LOOK, MAKE, REMOVE))
    return refusal(error, (each for each in asked if each.by == name))


def raise_first(engine: Engine, failed: Mapping[str, ProvisionError]) -> None:
    """Raise the first failure, if any: an incomplete observation is of no use."""
    if engine.aws.clock.stopped:
        raise Interrupted("interrupted while looking")
    for name, error in failed.items():
        if name not in error.message:
            error.message = f"{name}: {error.message}"
        raise error
