"""Files written by the previous version are read by this one, and lead to the same plan.

The files next to this module are of the shipped stack with a domain, a web ACL, flow logs, its own
key and an e-mail address, in an empty emulated account that has the zone `example.com`:

- `config.yaml`: its configuration. Its folders are empty, the zips are those of `TinySources`.
- `saved_plan.json`: the file that `plan --out` writes for the first `up`.
- `state.json`: the state after that `up`.
- `journal.jsonl`: the log of a second `up`, with other code of the function and without flow logs,
  that ended at its call DeleteLogGroup: records, two deleted nodes, one pending deletion.

They are created again, by the same steps, in the commit before one that changes how steps, states
or plans are read; `moto_api` is seeded first as here, because digests in the plan hold the zone's
id.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import MISSING, fields, replace
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from moto.moto_api._internal import mock_random

from provision import __version__
from provision.config import load
from provision.model.step import FieldRole, Step, fields_with
from provision.plan.change import Action
from provision.plan.options import PlanOptions
from provision.stack import build_stack
from provision.stack.inputs import StackInputs
from provision.state.journal import Journal
from provision.state.record import Record, record_to_json, to_json
from provision.steps import KINDS
from provision.unknown import is_known
from provision.workflows.saved_plan import (
    capture_plan,
    changed_inputs,
    changed_nodes,
    read_plan,
    write_plan,
)
from tests.support.harness import HOLDER, Workshop, new_aws
from tests.support.sample_stack import TinySources

HERE: Final = Path(__file__).parent
SEED: Final = 7
"""The seed of the emulator's ids, because the zone's is part of the wanted state."""

GRANTS: Final = {"function.items.grants", "network.endpoint"}
"""The nodes that the next `up` updates: grants on tables have the batch calls now."""
DIGESTS_OF_IDS: Final = {"lambda.version": ("configuration",)}


def written() -> dict[str, Any]:
    """Return the records of the state after the first `up`, with what steps have got since."""
    records: dict[str, Any] = json.loads((HERE / "state.json").read_text("utf-8"))["records"]
    return {node: completed(record) for node, record in records.items()}


def completed(record: Any) -> Any:
    """Return the record with the defaults of the fields that its kind has now in addition."""
    if record is None:
        return None
    added = {
        each.name: msgspec.to_builtins(each.default)
        for each in fields(KINDS[record["kind"]])
        if each.name not in record["step"] and each.default is not MISSING
    }
    defaults = json.loads(json.dumps({name: it for name, it in added.items() if is_known(it)}))
    step = record["step"] | defaults
    if record["kind"] == "apigateway.rest_api":
        step["routes"] = [each | {"auth": "", "scopes": []} for each in step["routes"]]
        step["cors"] = step["cors"] and step["cors"] | {"others": [], "credentials": False}
    return record | {"step": step}


def folded() -> dict[str, Any]:
    """Return the records after the log: the last line about a node counts, and null drops it."""
    records = written()
    for line in (HERE / "journal.jsonl").read_text("utf-8").splitlines():
        node, record = json.loads(line)
        records[node] = completed(record)
    return {node: record for node, record in records.items() if record is not None}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Return a state directory with the previous version's files."""
    made = tmp_path / "state"
    made.mkdir()
    for name in ("state.json", "journal.jsonl"):
        shutil.copy(HERE / name, made / name)
    return made


@pytest.fixture
def inputs(workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StackInputs:
    """Return the stack's inputs, in an account that has only the zone."""
    monkeypatch.chdir(tmp_path)
    mock_random.seed(SEED)
    aws = new_aws()
    aws.route53.create_hosted_zone(Name="example.com", CallerReference="test")
    home = tmp_path / "home"
    for folder in ("code", "layer"):
        (home / folder).mkdir(parents=True)
    (home / "code" / "app.py").write_text("def handler(event, context): return {}\n")
    (home / "layer" / "requirements.txt").write_text(f"six==1.17.0 --hash=sha256:{0:064}\n")
    shutil.copy(HERE / "config.yaml", home)
    return StackInputs(
        load(home / "config.yaml", environment=None),
        aws.location,
        ("us-east-1a", "us-east-1b"),
        TinySources(Path("zips")),
        lambda api, stage: f"https://{api}.test/{stage}",
    )


def test_every_record_is_read_and_written_as_it_was(directory: Path) -> None:
    (directory / "journal.jsonl").write_text("")
    records, kept = read(directory)
    assert kept == written()
    unused = KINDS.keys() - {record.step.KIND for record in records.values()}
    assert unused == {"ec2.interface_endpoint", "scheduler.group", "scheduler.schedule"}, (
        "every other kind has a record"
    )


def test_the_log_is_read_onto_the_records(directory: Path) -> None:
    records, kept = read(directory)
    assert kept == folded()
    pending = {node: record.pending for node, record in records.items() if record.pending}
    assert pending == {"network.flow_logs.logs": "delete"}
    assert written().keys() - records.keys() == {"network.flow_logs", "network.flow_logs.grants"}


def test_the_state_is_compacted_to_the_same_records(directory: Path) -> None:
    (directory / "journal.jsonl").write_text("")
    Journal(directory, "tap-dev", KINDS, {}).open(HOLDER).close()
    before = json.loads((HERE / "state.json").read_text("utf-8"))
    after = json.loads((directory / "state.json").read_text("utf-8"))
    assert after == before | {"records": written()}


def test_the_saved_plan_is_read_and_written_as_it_was(tmp_path: Path) -> None:
    write_plan(tmp_path / "plan.json", read_plan(HERE / "saved_plan.json"))
    assert (tmp_path / "plan.json").read_bytes() == (HERE / "saved_plan.json").read_bytes()


def test_the_saved_plan_is_still_the_plan(workshop: Workshop, inputs: StackInputs) -> None:
    """Nodes have changed only where this version wants more of them."""
    saved = replace(read_plan(HERE / "saved_plan.json"), tool=__version__)
    seen = workshop.run(build_stack(inputs), "plan", workers=8)
    now = capture_plan(inputs, seen.changes, PlanOptions(), saved.salt)
    before = {f"config.yaml: {way}" for way in saved.config}
    assert before.isdisjoint(changed_inputs(saved, now)), "keys that are new apart"
    changed = {words.partition(":")[0] for words in changed_nodes(saved.nodes, now.nodes)}
    grown = {"api", "api.stage", "function.items", "table.items"}
    assert changed == GRANTS | grown, "and four kinds with new fields"
    assert list(now.nodes) == list(saved.nodes)


def test_what_it_made_is_as_wanted(workshop: Workshop, inputs: StackInputs) -> None:
    """The previous version's state, with the ids of this account, plans nothing.

    Apart from values that AWS chooses, it is the state that this version writes.
    """
    stack = build_stack(inputs)
    made = workshop.run(stack, "up", workers=8).resources
    file = workshop.directory / "state.json"
    state = json.loads(file.read_text("utf-8"))
    theirs = translated(made, written())
    assert {node for node in theirs if theirs[node] != state["records"][node]} == GRANTS
    assert theirs.keys() == state["records"].keys()
    file.write_text(json.dumps(state | {"records": theirs}))
    again = workshop.run(stack, "up", workers=8)
    assert {change.action for change in again.changes.values()} == {Action.KEEP}
    assert workshop.last.writes == []


def read(directory: Path) -> tuple[Mapping[str, Record], Any]:
    """Return the records as values, and as the files hold them."""
    records = Journal.read(directory, "tap-dev", KINDS).records
    kept = {node: record_to_json(record) for node, record in records.items()}
    return records, json.loads(json.dumps(kept))


def translated(made: Mapping[str, Step], records: dict[str, Any]) -> Any:
    """Return the records with the ids that AWS chose for `made` in place of theirs.

    Sorted lists of ids are sorted again.
    """
    ids: dict[str, str] = {}
    for node, record in records.items():
        now = to_json(made[node])
        chosen = fields_with(KINDS[record["kind"]], FieldRole.COMPUTED)
        for name in (*chosen, *DIGESTS_OF_IDS.get(record["kind"], ())):
            if isinstance(now[name], str) and now[name] != record["step"][name]:
                ids[record["step"][name]] = now[name]
    pattern = re.compile("|".join(sorted(map(re.escape, ids), key=len, reverse=True)))

    def told(value: Any) -> Any:
        if isinstance(value, str):
            return pattern.sub(lambda found: ids[found[0]], value)
        if isinstance(value, dict):
            return {key: told(part) for key, part in value.items()}
        if isinstance(value, list):
            parts = [told(part) for part in value]
            names = all(isinstance(part, str) for part in value)
            return sorted(parts) if names and value == sorted(value) else parts
        return value

    return told(records)
