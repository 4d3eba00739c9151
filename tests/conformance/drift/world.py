"""The complete stack in one account, with another client in the same account."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from provision.aws.access import READ_PREFIXES
from provision.aws.client import Aws
from provision.engine.engine import Engine
from provision.model.stack import Stack
from provision.model.step import Step
from provision.plan.change import WRITES, Action, Cause, ResourceChange, diff_fields
from provision.plan.limitations import NO_LIMITATIONS, Limitations
from provision.plan.options import NO_OPTIONS, PlanOptions
from provision.plan.plan import Plan, Result
from provision.state.journal import Journal
from provision.steps import KINDS
from tests.conformance.drift.case import GONE, Case
from tests.support.harness import HOLDER
from tests.support.sample_stack import TinySources, reference_stack

ZONE: Final = "example.com"
POOL: Final = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1"
COMPLETE: Final[Mapping[str, Any]] = {
    "api": {
        "domain": {"name": f"api.{ZONE}", "zone": ZONE},
        "binary": ["font/woff2"],
        "cors": {"origins": ["https://a.example", "https://b.example"], "credentials": True},
        "quota": {"limit": 1000, "period": "DAY"},
        "routes": {
            "GET /items": {"function": "items", "throttle": {"rate": 50, "burst": 90}},
            "GET /items/{id}": {"function": "items", "auth": "users", "scopes": ["items/read"]},
            "DELETE /items/{id}": {"function": "items", "auth": "tokens"},
        },
        "authorizers": {
            "users": {"cognito": [f"{POOL}_a", f"{POOL}_b"]},
            "tokens": {"function": "items"},
        },
        "waf": {"rate": 1000},
    },
    "encryption": {"key": "create"},
    "functions": {
        "items": {
            "on": {"nightly": {"schedule": "cron(0 3 * * ? *)", "payload": {"job": "tidy"}}},
            "environment": {"TOKEN": {"secret": "ssm:/shop/token"}},
            "policy": [{"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::docs/*"]}],
        }
    },
    "monitoring": {"email": "ops@example.com"},
    "network": {"flow_logs": {"traffic": "REJECT"}},
}
"""A configuration with every option."""
OTHERS: Final = "(another's)"
"""The "field" of a resource that is reported as foreign."""


@dataclass(frozen=True)
class Exam:
    """The complaints of one round; each is empty if the result is right."""

    seen: str = ""
    named: str = ""
    repaired: str = ""

    @property
    def complaints(self) -> str:
        return "; ".join(part for part in (self.seen, self.named, self.repaired) if part)


@dataclass
class World:
    """The account, with one client for each side and for all rounds, because creating them is slow.

    `ours` runs the commands, `theirs` makes plain calls.
    """

    directory: Path
    ours: Aws
    theirs: Aws
    limitations: Limitations = NO_LIMITATIONS
    workers: int = 1
    plan_options: PlanOptions = NO_OPTIONS
    seen: Plan = field(default_factory=lambda: Plan({}))
    writes: list[str] = field(default_factory=list)
    found: dict[str, Step] = field(default_factory=dict)
    """The steps of the last observation, by node."""
    kinds: dict[str, str] = field(default_factory=dict)
    """The kind of every node, also of those that cannot be observed here."""

    def __post_init__(self) -> None:
        self.ours.hooks.on_call = self._called

    def _called(self, service: str, operation: str) -> None:
        if not operation.startswith(READ_PREFIXES):
            self.writes.append(f"{service}.{operation}")

    @cached_property
    def _stack(self) -> Stack:
        sources = TinySources(self.directory / "zips")
        return reference_stack(self.ours, self.directory / "home", COMPLETE, sources)

    def _engine(self, journal: Journal) -> Engine:
        self.ours.new_ids.clear()
        return Engine(self._stack, self.ours, journal, self.plan_options, self.limitations)

    def look(self, adopt: frozenset[str] = frozenset()) -> dict[str, ResourceChange]:
        """Return the changes of `plan`, with permission to replace resources that hold data."""
        self.writes.clear()
        self.plan_options = PlanOptions(adopt=adopt, destroy_data=True, backup=False)
        journal = Journal.read(self.directory / "state", "tap-dev", KINDS)
        with self.ours.reading():
            self.seen = self._engine(journal).plan(workers=self.workers)
        plan = self.seen.all
        self.kinds = {node: finding.kind for node, finding in plan.items()}
        self.found = {node: finding.have for node, finding in plan.items() if finding.have}
        return plan

    def told(self) -> dict[str, Cause]:
        """Return the changes of a plan of the present account."""
        return told_by(self.look())

    def up(self) -> Result:
        """Return the result of `up`, from the last observation."""
        self.writes.clear()
        journal = Journal(self.directory / "state", "tap-dev", KINDS).open(HOLDER)
        try:
            return self._engine(journal).apply(self.seen, workers=self.workers)
        finally:
            journal.close()

    def forget(self) -> None:
        """Lose the state."""
        shutil.rmtree(self.directory / "state")

    def clean(self) -> None:
        """Repair everything, after a round with a complaint."""
        self.look(frozenset(self.kinds))
        self.up()
        assert self.told() == {}

    def examine(self, cases: Sequence[Case]) -> Exam:
        """Change, plan, run `up`, and observe; the stack is clean before it, and must be after."""
        before = dict(self.found)
        for case in cases:
            case.change(self.theirs, before[case.changed])
        plan = self.look()
        seen, named = _read(plan, cases, before.keys())
        if others := frozenset(case.node for case in cases if case.others):
            plan = {**self.look(others), **{node: plan[node] for node in others}}
        outcome = self.up()
        repaired = self._judge(plan, outcome, before)
        return Exam(seen, named, repaired)

    def _judge(
        self, plan: Mapping[str, ResourceChange], outcome: Result, before: Mapping[str, Step]
    ) -> str:
        if outcome.failed:
            return "; ".join(f"{node}: {error}" for node, error in outcome.failed.items())
        announced = {node for node, finding in plan.items() if finding.action in _ACTS}
        acted = {node for node, finding in outcome.changes.items() if finding.action in WRITES}
        kinds = {KINDS[plan[node].kind] for node in announced}
        may = {
            call.operation
            for kind in kinds
            for call in (*kind.API_CALLS.write, *kind.API_CALLS.delete)
        }
        strange = sorted(set(self.writes) - may)
        again = self.told()
        untouched = before.keys() - announced
        moved = sorted(node for node in untouched if self._moved(node, before[node]))
        return ", ".join(
            (
                *(f"{node} was not announced" for node in sorted(acted - announced)),
                *(f"{call} is of no announced node" for call in strange),
                *(f"{place} still differs" for place in sorted(again)),
                *(f"{node} was changed as well" for node in moved),
            )
        )

    def _moved(self, node: str, before: Step) -> bool:
        now = self.found.get(node)
        return now is None or bool(diff_fields(before, now, None))


_ACTS: Final = WRITES | {Action.FOREIGN}


def told_by(plan: Mapping[str, ResourceChange]) -> dict[str, Cause]:
    """Return all changes of the plan: "node field" and its cause."""
    told: dict[str, Cause] = {}
    refused = any(finding.unblock_hint for finding in plan.values())
    for node, finding in plan.items():
        if finding.action is Action.FOREIGN:
            told[f"{node} {OTHERS}"] = Cause.DRIFT
        elif finding.action in WRITES and not finding.diffs:
            told[f"{node} {GONE}"] = finding.cause or Cause.CONFIG
        elif finding.action in WRITES:
            told |= {f"{node} {diff.field}": diff.cause for diff in finding.diffs}
        elif finding.action is Action.BLOCKED and not refused:
            told[f"{node} {Action.BLOCKED}"] = Cause.CONFIG
    return told


def _read(
    plan: Mapping[str, ResourceChange], cases: Sequence[Case], nodes: Collection[str]
) -> tuple[str, str]:
    """Return the complaints about seen and named changes.

    Nodes that cannot be observed here never follow.
    """
    told = told_by(plan)
    drifted = {place for place, cause in told.items() if cause is Cause.DRIFT}
    changed = {_told_as(case) for case in cases}
    following = {place for case in cases for place in case.follows}
    expected = changed | {place for place in following if place.partition(" ")[0] in nodes}
    named = (
        *(f"{place} is named as well" for place in sorted(told.keys() - expected)),
        *(f"{place} is not named" for place in sorted(expected - told.keys())),
    )
    return ", ".join(f"{place} is not seen" for place in sorted(changed - drifted)), ", ".join(
        named
    )


def _told_as(case: Case) -> str:
    return f"{case.node} {OTHERS}" if case.others else case.place
