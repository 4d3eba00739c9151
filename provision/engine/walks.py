"""Walks of the engine over nodes: timed, ended by the clock, with failures translated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from botocore.exceptions import ClientError

from provision.aws.client import Aws
from provision.engine.errors import translate_error
from provision.engine.events import EventListener, NodeEvent
from provision.engine.timing import WalkTiming
from provision.errors import Interrupted, NotPermitted, ProvisionError
from provision.model.stack import Needs, Stack, Visit, walk
from provision.permissions.access_denied import refusal
from provision.permissions.requirements import DELETE, READ, WRITE, asked_by_stack
from provision.state.journal import Journal


@dataclass(frozen=True)
class Walks:
    """The walks over the nodes of one stack."""

    stack: Stack
    aws: Aws
    journal: Journal
    report: EventListener
    crossed: set[str] = field(default_factory=set)
    """Nodes of which another run created a duplicate: nothing more is begun."""

    def start(self, doing: str, graph: Needs) -> WalkTiming:
        """Return the timing of a walk, to be run by `run`."""
        return WalkTiming(doing, graph, self.aws.trace)

    def run(self, walked: WalkTiming, visit: Visit, workers: int) -> dict[str, ProvisionError]:
        """Run a traced walk, which ends if the user asks to stop or another run is at work.

        Return the failures by node, each translated and reported.
        """
        with self.aws.trace.span(f"{walked.doing}: {len(walked.needs)} nodes", "walk"):
            failed = walk(
                walked.needs,
                walked.timed(visit),
                workers=workers,
                stopped=lambda: self.aws.clock.stopped or bool(self.crossed),
            )
        explained = {}
        for name, error in failed.items():
            explained[name] = self._translated(name, error)
            if not isinstance(error, Interrupted):
                self.report(name, NodeEvent.FAILED, explained[name].message)
        return explained

    def raise_first(self, failed: Mapping[str, ProvisionError]) -> None:
        """Raise the first failure, if any: an incomplete observation is of no use."""
        if self.aws.clock.stopped:
            raise Interrupted("interrupted while reading")
        for name, error in failed.items():
            named = name in error.message
            raise error if named else error.reworded(message=f"{name}: {error.message}")

    def _translated(self, name: str, error: Exception) -> ProvisionError:
        """Translate the error; a denied call with the IAM statement that this node needs."""
        told = translate_error(error)
        if not isinstance(told, NotPermitted) or not isinstance(error, ClientError):
            return told
        stack, where = self.stack, self.aws.location
        orphans = {n: r.step for n, r in self.journal.records.items() if n not in stack.nodes}
        asked = asked_by_stack(stack, orphans, where, (READ, WRITE, DELETE))
        return refusal(error, (each for each in asked if each.by == name))
