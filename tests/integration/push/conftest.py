"""The shipped functions, without an API, in an emulated account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from provision.engine.engine import Engine
from provision.model.stack import Stack
from provision.plan.plan import Result
from provision.state.journal import Journal
from provision.steps import KINDS
from provision.workflows.push import plan_push, push
from tests.support.harness import HOLDER, Recorder, Workshop, new_aws
from tests.support.sample_stack import TinySources, reference_stack

NAME = "tap-dev-items"
NEW = "def handler(event, context): return {'new': True}\n"


@dataclass
class Functions:
    """One stack of functions; each push is like a process of its own."""

    workshop: Workshop
    directory: Path
    sources: TinySources
    stack: Stack = field(init=False)

    def __post_init__(self) -> None:
        self.configure({})

    def configure(self, changes: Mapping[str, Any]) -> None:
        """Reduce the stack to the aliases and all that they need."""
        whole = reference_stack(new_aws(), self.directory, changes, self.sources)
        wanted: set[str] = set()
        left = [name for name in whole.nodes if name.endswith(".alias")]
        while left:
            wanted.add(name := left.pop())
            left += whole.nodes[name].needs
        kept = {name: node for name, node in whole.nodes.items() if name in wanted}
        self.stack = Stack(whole.name, kept)

    def up(self) -> Result:
        return self.workshop.run(self.stack, "up", workers=4)

    def push(self, recorder: Recorder | None = None) -> Result:
        """Return the result of a push, or raise its first failure."""
        aws = new_aws(recorder)
        journal = Journal(self.workshop.directory, self.stack.name, KINDS).open(HOLDER)
        try:
            engine = Engine(self.stack, aws, journal)
            keys = [n.split(".")[1] for n in self.stack.nodes if n.endswith(".alias")]
            outcome = push(engine, plan_push(engine, keys, workers=1), workers=1)
        finally:
            journal.close()
        for error in outcome.failed.values():
            raise error
        return outcome

    def actions(self) -> set[str]:
        """Return the actions of the next `plan`."""
        findings = self.workshop.run(self.stack, "plan", workers=4).changes.values()
        return {finding.action.value for finding in findings}


@pytest.fixture
def functions(workshop: Workshop, tmp_path: Path) -> Functions:
    """Return functions after `up`, with version 1 live, and new code to push."""
    made = Functions(workshop, tmp_path, TinySources(tmp_path / "zips"))
    made.up()
    made.sources.code = NEW
    return made


def live() -> Any:
    """Return what callers reach: the version's number and the digest of its code."""
    shown = new_aws().lambda_.get_function(FunctionName=NAME, Qualifier="live")["Configuration"]
    return shown["Version"], shown["CodeSha256"]
