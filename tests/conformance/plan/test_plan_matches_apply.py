"""`up` does exactly what `plan` announces, after any edits of config.yaml.

Compared are nodes, verbs, fields, and the calls that write.
"""

from __future__ import annotations

import os
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from moto import mock_aws

from provision.aws.access import READ_PREFIXES
from provision.engine.engine import Engine
from provision.engine.events import NodeEvent
from provision.model.stack import Stack
from provision.model.step import Management, Step
from provision.plan.change import WRITES, Action, ResourceChange
from provision.plan.plan import Plan, Result
from provision.state.journal import Journal
from provision.steps import KINDS
from provision.unknown import is_known
from tests.conformance.plan.edits import OPTIONS, merged
from tests.support.harness import ALLOW_ALL, HOLDER, Recorder, new_aws
from tests.support.moto_patches import teach_moto
from tests.support.sample_stack import ROOT, TinySources, reference_stack

SWEEP = "PLAN_SWEEP" in os.environ
Edits = tuple[tuple[str, int], ...]
Verbs = dict[str, frozenset[str]]


@dataclass
class Watched(Recorder):
    """Writes by the node that made them; nodes run one at a time."""

    node: str = ""
    by_node: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def report(self, node: str, moment: NodeEvent, words: str) -> None:
        if moment is NodeEvent.BEGUN:
            self.node = node

    def _before(self, model: Any, **more: Any) -> None:
        super()._before(model, **more)
        if not model.name.startswith(READ_PREFIXES):
            self.by_node[plain(self.node)].append(model.name)


class Begins(Journal):
    """A journal that remembers the operations begun."""

    begun: dict[str, set[str]]

    def begin(self, node: str, doing: str, step: Step, needs: tuple[str, ...]) -> None:
        self.begun[plain(node)].add(doing)
        super().begin(node, doing, step, needs)


def plain(node: str) -> str:
    """Return the node of a deposed one (`vpc~1`)."""
    return node.partition("~")[0]


def verbs_announced(findings: Mapping[str, ResourceChange]) -> Verbs:
    """Return the verbs that each action means."""
    return {
        plain(node): _verbs(finding)
        for node, finding in findings.items()
        if finding.action in WRITES
    }


def _verbs(finding: ResourceChange) -> frozenset[str]:
    if finding.action is not Action.REPLACE:
        return frozenset({finding.action.value})
    assert finding.have is not None
    lasts = finding.have.REPLACEMENT.keeps_old
    return frozenset({"create"} if lasts else {"create", "delete"})


def fields(
    findings: Mapping[str, ResourceChange], announced: Mapping[str, ResourceChange]
) -> dict[str, list[str]]:
    """Return the fields that differ, without those announced as known after `up`.

    Their values may turn out to be unchanged.
    """
    unknown = {
        (node, diff.field)
        for node, finding in announced.items()
        for diff in finding.diffs
        if not is_known(diff.want)
    }
    named = {
        node: [c.field for c in finding.diffs if (node, c.field) not in unknown]
        for node, finding in findings.items()
    }
    return {node: names for node, names in named.items() if names}


@dataclass
class World:
    """One account, one state directory, and the sources as last edited."""

    folder: Path
    choices: dict[str, int] = field(default_factory=dict)

    def edit(self, edits: Edits) -> Stack:
        self.choices |= dict(edits)
        code, layer = self.choices.get("code", 0), self.choices.get("layer code", 0)
        sources = TinySources(
            self.folder / "zips",
            code=f"def handler(event, context): return {code}\n",
            layer_text=f"x = {layer}\n",
        )
        changes = merged(self.choices)
        if worker := changes.get("functions", {}).get("worker"):
            worker["source"] = str(ROOT / "function")
        return reference_stack(new_aws(), self.folder, changes, sources)

    def plan(self, stack: Stack) -> Plan:
        """Return the plan of a process of its own, whose clients refuse writes."""
        watched = Watched()
        aws = new_aws(watched)
        journal = Journal.read(self.folder / "state", stack.name, KINDS)
        with aws.reading():
            seen = Engine(stack, aws, journal, ALLOW_ALL).plan(workers=1)
        assert watched.writes == []
        return seen

    def up(self, stack: Stack) -> tuple[Result, Verbs, dict[str, list[str]]]:
        """Return the result of `up`, the verbs begun, and the writes sent, by node."""
        watched = Watched()
        aws = new_aws(watched)
        journal = Begins(self.folder / "state", stack.name, KINDS)
        journal.begun = defaultdict(set)
        journal.open(HOLDER)
        try:
            engine = Engine(stack, aws, journal, ALLOW_ALL, report=watched.report)
            outcome = engine.apply(engine.plan(workers=1), workers=1)
        finally:
            journal.close()
        for error in outcome.failed.values():
            raise error
        begun = {node: frozenset(verbs) for node, verbs in journal.begun.items()}
        return outcome, begun, dict(watched.by_node)


def check(world: World, edits: Edits) -> None:
    """Run `plan`, `up` and `plan`: the announced changes are made, and then none is left."""
    stack = world.edit(edits)
    announced = world.plan(stack).all
    outcome, begun, written = world.up(stack)
    assert begun == verbs_announced(announced)
    waited = {
        node for node, f in announced.items() if KINDS[f.kind].MANAGEMENT is Management.MADE_BY_AWS
    }
    assert set(written) - waited == set(begun) - waited
    done = {node: finding for node, finding in outcome.changes.items() if "~" not in node}
    assert fields(done, announced) == fields(announced, announced)
    left = world.plan(stack).all
    assert {node: fields(left, {}).get(node) for node in verbs_announced(left)} == {}


ONE_EDIT = st.sampled_from(sorted(OPTIONS)).flatmap(
    lambda option: st.tuples(
        st.just(option),
        st.integers(1, len(OPTIONS[option])).map(lambda n: n % len(OPTIONS[option])),
    )
)
LIVES = st.lists(st.lists(ONE_EDIT, min_size=1, max_size=4).map(tuple), min_size=2, max_size=3)


def live(folder: Path, life: list[Edits], monkeypatch: pytest.MonkeyPatch) -> None:
    """Create the shipped stack, then edit it repeatedly, with a check each time."""
    with mock_aws(), monkeypatch.context() as patched:
        teach_moto(patched)
        new_aws().route53.create_hosted_zone(Name="example.com", CallerReference="test")
        world = World(folder)
        world.up(world.edit(()))
        for edits in life:
            check(world, edits)


def test_going_back_takes_up_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Layers and deployments are histories: an earlier one serves again, and none is created."""
    there = (("layer code", 1), ("routes", 1), ("memory", 1))
    back = tuple((option, 0) for option, _ in there)
    live(tmp_path, [there, back], monkeypatch)


@seed(4)
@settings(
    max_examples=40 if SWEEP else 2,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate,),  # shrinking would take hours
)
@given(life=LIVES)
def test_what_is_announced_is_done(life: list[Edits], monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory() as folder:
        live(Path(folder), life, monkeypatch)
