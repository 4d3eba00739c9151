"""config.yaml, the state, its log and saved plans, damaged at random, are read or refused.

The exit code is right, time and memory are bounded, and no run ends with an unexpected error.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest

from provision.errors import StateError
from provision.plan.change import Action, ResourceChange
from provision.plan.options import PlanOptions
from provision.stack.inputs import StackInputs
from provision.state.journal import Journal
from provision.state.other_location import PinnedLocation
from provision.state.record import Record, record_to_json
from provision.steps import KINDS
from provision.steps.dynamodb.table import Table
from provision.steps.sqs.queue import Queue
from provision.workflows.saved_plan import (
    InvalidPlanFile,
    capture_plan,
    changed_inputs,
    changed_nodes,
    read_plan,
    write_plan,
)
from tests.faults.fuzzing.bounds import bounded, seeds
from tests.faults.fuzzing.mutations import damaged_bytes, damaged_json, damaged_text
from tests.integration.test_cli import Answer, Provision, home, provision  # noqa: F401  (fixtures)
from tests.support.harness import HOLDER, new_aws
from tests.support.sample_stack import reference_site
from tests.unit.config.sample import SAMPLE, furnish
from tests.unit.sanitizing.test_masking import FUNCTION

T = TypeVar("T")

STACK = "tap-dev"
HALF = 0.5


def ended(answer: Answer, codes: set[int], content: bytes | str) -> None:
    """Assert a right end, with a hint."""
    shown = f"{content!r:.3000}"
    assert "Error: unexpected" not in answer.err, f"{answer.err}\n{shown}"
    assert answer.code in codes, f"{answer.code} {answer.err}\n{shown}"
    assert answer.code == 0 or "→" in answer.err or "Usage:" in answer.err, answer.err


def refused_with_hint(read: Callable[[], T]) -> T | None:
    """Return the value read, or None if it is refused with a hint."""
    try:
        return read()
    except (InvalidPlanFile, StateError) as error:
        hint = error.hint
    assert hint
    return None


def test_config_yaml(provision: Provision, home: Path) -> None:  # noqa: F811
    path = furnish(home)
    for random in seeds(30):
        content = damaged_bytes(SAMPLE, random)
        path.write_bytes(content)
        with bounded():
            answer = provision("config", "check", "--config", str(path))
        ended(answer, {0, 3}, content)


@pytest.fixture
def inputs(account: None, tmp_path: Path) -> StackInputs:
    return reference_site(new_aws(), tmp_path)


TABLE = Table(name="tap-dev-items", key="id", tags={"a": "b"}, arn="arn:x")
QUEUE = Queue(name="tap-dev-it", tags={})
FINDINGS = {
    "table.items": ResourceChange(
        "table.items", (), "dynamodb.table", TABLE, TABLE, (), Action.KEEP
    ),
    "queue": ResourceChange("queue", (), "sqs.queue", QUEUE, None, (), Action.CREATE),
}


def test_a_saved_plan(inputs: StackInputs, tmp_path: Path) -> None:
    """A plan that can be read is refused as out of date, or allows exactly the same changes."""
    file = tmp_path / "plan.json"
    true = capture_plan(inputs, FINDINGS, PlanOptions())
    write_plan(file, true)
    whole = file.read_text()
    for random in seeds(100):
        damage = random.choice((damaged_text, damaged_json))
        text = damage(whole, random)
        file.write_bytes(text.encode(errors="surrogatepass"))
        with bounded():
            plan = refused_with_hint(partial(read_plan, file))
            if plan is None:
                continue
            now = capture_plan(inputs, FINDINGS, PlanOptions(), plan.salt)
            moved = [*changed_inputs(plan, now), *changed_nodes(plan.nodes, now.nodes)]
        placed = (plan.stack, plan.account, plan.region) == (true.stack, true.account, true.region)
        if placed and not moved and not plan.consent.options:
            told = replace(plan, made=true.made, environment=true.environment)
            assert told == true, text[:3000]


def lines_of(records: dict[str, Record]) -> str:
    """Return the log with all of these records."""
    return "".join(
        json.dumps([node, record_to_json(record)]) + "\n" for node, record in records.items()
    )


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Return a directory whose state has some records."""
    journal = Journal(tmp_path / "state", STACK, KINDS).open(HOLDER)
    journal.pin(PinnedLocation("123456789012", "us-east-1"))
    journal.done("table.items", TABLE)
    journal.done("function.items", FUNCTION, ("table.items",))
    journal.begin("queue", "create", QUEUE, ("table.items",))
    journal.close()
    return tmp_path / "state"


def test_the_state_and_its_log(state: Path) -> None:
    """A state that can be read can be written and read again without loss."""
    whole = (state / "state.json").read_text()
    log = lines_of(Journal.read(state, STACK, KINDS).records)
    for random in seeds(80):
        texts = {"state.json": whole, "journal.jsonl": log}
        name = random.choice((*texts,))
        damage = damaged_json if name == "state.json" and random.random() < HALF else damaged_text
        texts[name] = damage(texts[name], random)
        for file, text in texts.items():
            (state / file).write_bytes(text.encode(errors="surrogatepass"))
        with bounded():
            read = refused_with_hint(partial(Journal.read, state, STACK, KINDS))
            if read is None:
                continue
            journal = Journal(state, STACK, KINDS).open(HOLDER)
            journal.close()
        again = Journal.read(state, STACK, KINDS)
        assert again.records == read.records
        assert again.pinned == read.pinned


def test_commands_with_a_damaged_state(account: None, provision: Provision, home: Path) -> None:  # noqa: F811
    assert provision("up", "--yes").code == 0
    state = home / ".provision" / "dev"
    whole = (state / "state.json").read_text()
    for random in seeds(2):
        damage = random.choice((damaged_text, damaged_json, damaged_json))
        text = damage(whole, random)
        for command in ("plan", "refresh"):
            (state / "state.json").write_bytes(text.encode(errors="surrogatepass"))
            with bounded():
                answer = provision(command)
            ended(answer, {0, 1, 7}, text)
