"""A rename that config.yaml declares creates nothing again, loses no data and leaves nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest

from provision.errors import NotOwned
from provision.model.stack import Stack
from provision.model.step import Step
from provision.plan.change import Action, ResourceChange
from provision.plan.options import PlanOptions
from provision.stack import outputs
from provision.state.journal import Journal
from provision.state.record import Record, apply_moves
from provision.steps import KINDS
from provision.steps.dynamodb.table import Table
from provision.steps.lambda_.function import Function
from provision.steps.lambda_.layer import Layer
from provision.steps.sqs.queue import Queue
from tests.support.account_inventory import Inventory, inventory, scaling
from tests.support.harness import ALLOW_ALL, HOLDER, Died, Recorder, Where, Workshop, new_aws
from tests.support.sample_stack import MARK, TinySources, reference_site, reference_stack, renaming

ITEM = {"id": {"S": "1"}, "name": {"S": "kept"}}


def holdings() -> Inventory:
    """Return the account's content without what may change.

    A changed function publishes versions, and API Gateway's role is the whole account's.
    """
    found = {**inventory(new_aws()), **scaling(new_aws())}
    del found["role"], found["role policy"]
    return {kind: names for kind, names in found.items() if kind != "version"}


@pytest.fixture
def lived_in(workshop: Workshop, tmp_path: Path) -> Inventory:
    """Return the account's content with the shipped stack, and an item in its table."""
    workshop.run(reference_stack(new_aws(), tmp_path), "up", workers=8)
    boto3.client("dynamodb").put_item(TableName="tap-dev-items", Item=ITEM)
    return holdings()


def item_is_there() -> bool:
    key = {"id": ITEM["id"]}
    answer = boto3.client("dynamodb").get_item(TableName="tap-dev-items", Key=key)
    return answer.get("Item") == ITEM


def gone(workshop: Workshop, stack: Stack) -> dict[str, frozenset[str]]:
    """Run `down`, and return the stack's leftovers."""
    workshop.run(stack, "down", workers=8)
    found = {**inventory(new_aws()), **scaling(new_aws())}
    ours = {
        kind: frozenset(n for n in names if "tap-dev" in n and "API-Gateway" not in n)
        for kind, names in found.items()
    }
    return {kind: names for kind, names in ours.items() if names}


@pytest.mark.parametrize("lost", [False, True], ids=["with its state", "with its state lost"])
def test_nothing_is_made_again_and_nothing_lost(
    workshop: Workshop, tmp_path: Path, lived_in: Inventory, lost: bool
) -> None:
    if lost:
        workshop.forget()
    inputs = reference_site(new_aws(), tmp_path, renaming())
    stack = reference_stack(new_aws(), tmp_path, renaming())
    plan = workshop.run(stack, "plan", workers=8).changes
    judge(plan)
    for node in ("network.interfaces", "network.subnet.1", "network.subnet.2"):
        assert vars(plan[node].want)["functions"] == ("tap-dev-items",), node
    made = workshop.run(stack, "up", workers=8, plan_options=PlanOptions())
    judge(made.changes)
    assert holdings() == lived_in
    assert item_is_there()
    owners = new_aws().dynamodb.list_tags_of_resource(
        ResourceArn=inputs.location.arn("dynamodb", "table/tap-dev-items")
    )["Tags"]
    assert {"Key": "provision:owner", "Value": f"{MARK}/table.articles"} in owners

    told = outputs.outputs(inputs, made.resources)
    assert told["table_name"] == "tap-dev-items"
    assert told["function_alias_arn"].endswith("function:tap-dev-items:live")
    shop = made.resources["function.shop"]
    assert isinstance(shop, Function)
    assert shop.environment["TABLE_ARTICLES"] == "tap-dev-items"
    assert "TABLE_ITEMS" not in shop.environment

    workshop.run(stack, "up", workers=8)
    assert workshop.last.writes == []
    assert gone(workshop, stack) == {}


def judge(findings: Mapping[str, ResourceChange]) -> None:
    """Assert that tags and descriptions change in place, and only a version is replaced."""
    actions = {name: f.action for name, f in findings.items()}
    assert actions.pop("function.shop.version") is Action.REPLACE
    assert set(actions.values()) == {Action.KEEP, Action.UPDATE}
    assert not any("items" in name or "dependencies" in name for name in actions)
    assert [diff.field for diff in findings["table.articles"].diffs] == ["tags"]
    assert [c.field for c in findings["table.articles.read"].diffs] == ["tags"]
    assert actions["table.articles.read.policy"] is Action.KEEP
    assert actions["layer.packages"] is Action.KEEP
    alarm = findings["monitoring.alarm.function-shop-errors"]
    assert {diff.field for diff in alarm.diffs} == {"tags", "description"}


def test_a_plan_leaves_the_state_as_it_is(
    workshop: Workshop, tmp_path: Path, lived_in: Inventory
) -> None:
    stack = reference_stack(new_aws(), tmp_path, renaming())
    file = workshop.directory / "state.json"
    before = file.read_bytes()
    journal = Journal.read(workshop.directory, stack.name, KINDS, stack.moved)
    assert {"table.articles", "function.shop.role"} <= set(journal.records)
    assert file.read_bytes() == before
    opened = Journal(workshop.directory, stack.name, KINDS, stack.moved).open(HOLDER)
    opened.close()
    plain = Journal.read(workshop.directory, stack.name, KINDS).records
    assert plain == journal.records
    assert not any("items" in f"{name} {record.needs}" for name, record in plain.items())


def test_a_renamed_layer_is_published_and_pruned_as_before(
    workshop: Workshop, tmp_path: Path, lived_in: Inventory
) -> None:
    """The owner in a version's description can never be changed."""
    sources = TinySources(tmp_path / "zips", layer_text="x = 2\n")
    stack = reference_stack(new_aws(), tmp_path, renaming(), sources)
    workshop.run(stack, "up", workers=8)
    versions = new_aws().lambda_.list_layer_versions(LayerName="tap-dev-dependencies")
    assert len(versions["LayerVersions"]) == 2
    assert gone(workshop, stack) == {}


# -- crashes, on a stack of three ---------------------------------------------------------------


def shelf(directory: Path, key: str, moved: str = "") -> Stack:
    stack = Stack("tap-dev")
    sources = TinySources(directory / "zips")
    table = stack.add(
        f"table.{key}", lambda _: Table(name="tap-dev-old", key="id", tags={}, protect=True)
    )
    stack.add(
        f"table.{key}.queue",
        lambda get: Queue(name=f"{get(table).name}-queue", tags={"of": key}),
        needs=[table],
    )
    package = sources.layer("old")
    stack.add(
        f"layer.{key}",
        lambda _: Layer(
            name="tap-dev-old",
            sha256=package.sha256,
            runtimes=("python3.13",),
            architectures=("arm64",),
            zip=package.zip,
        ),
    )
    if moved:
        stack.moved = {name.replace(key, moved): name for name in stack.nodes}
    return stack


def test_a_crash_at_any_call_loses_nothing_and_leaves_nothing(
    account: None, tmp_path: Path
) -> None:
    dynamodb = boto3.client("dynamodb")
    for where in Where:
        for number in range(1, 20):
            workshop = Workshop(tmp_path / f"{where}{number}")
            workshop.run(shelf(tmp_path, "old"), "up")
            dynamodb.put_item(TableName="tap-dev-old", Item=ITEM)
            new = shelf(tmp_path, "new", moved="old")
            recorder = Recorder(die=(where, number))
            try:
                workshop.run(new, "up", recorder=recorder, plan_options=PlanOptions())
                died = False
            except Died:
                died = True
            if number % 2:
                workshop.forget()
            workshop.run(new, "up", plan_options=PlanOptions())
            changes = {"TagQueue", "TagResource", "PublishLayerVersion"}
            assert {*recorder.writes, *workshop.last.writes} <= changes
            assert dynamodb.scan(TableName="tap-dev-old")["Items"] == [ITEM]
            workshop.run(new, "up", plan_options=PlanOptions())
            assert workshop.last.writes == []
            workshop.run(new, "down", plan_options=ALLOW_ALL)
            assert not {"table", "queue", "layer"} & set(inventory(new_aws()))
            if not died:
                break
        assert number > 2


@pytest.mark.parametrize("call", ["replace", "ftruncate"])
def test_a_crash_while_the_state_is_renamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """Killed between any two changes of its files, the state has the records under one name."""
    for number in range(1, 9):
        directory = tmp_path / str(number)
        journal = Journal(directory, "tap-dev", KINDS).open(HOLDER)
        journal.done("table.old", OLD)
        journal.done("table.new", NEW)
        journal.begin("table.old.queue", "create", QUEUE, ("table.old",))
        shutil.copytree(directory, directory / "killed")  # nothing folded
        journal.close()
        with monkeypatch.context() as patch:
            die_at(patch, call, number)
            dead = Journal(directory / "killed", "tap-dev", KINDS, MOVES)
            try:
                dead.open(HOLDER).close()
                died = False
            except Died:
                died = True
        shutil.copytree(directory / "killed", directory / "found")  # a dead process's lock is free
        again = Journal(directory / "found", "tap-dev", KINDS, MOVES).open(HOLDER)
        assert {name: record.step for name, record in again.records.items()} == {
            "table.new": OLD,
            "table.new~1": NEW,
            "table.new.queue": QUEUE,
        }
        assert again.records["table.new.queue"] == Record(QUEUE, ("table.new",), "create")
        again.close()
        if not died:
            break
    assert number > 2


OLD, NEW = (
    Table(name="tap-dev-old", key="id", tags={}),
    Table(name="tap-dev-new", key="id", tags={}),
)
QUEUE = Queue(name="tap-dev-old-queue", tags={})
MOVES = {"table.old": "table.new", "table.old.queue": "table.new.queue"}


def die_at(patch: pytest.MonkeyPatch, call: str, number: int) -> None:
    count = 0
    owner: Any = Path if call == "replace" else os
    real = vars(owner)[call]

    def dying(*arguments: Any) -> Any:
        nonlocal count
        count += 1
        if count == number:
            raise Died(call)
        return real(*arguments)

    patch.setattr(owner, call, dying)


# -- resources under the new name from before the rename was declared --------------------------


def test_what_was_made_under_the_new_name_meanwhile_is_kept_apart(
    workshop: Workshop, tmp_path: Path
) -> None:
    """The rename is declared only after an `up`: the empty new table is deleted only if named."""
    before = inventory(new_aws())
    workshop.run(named("old", "tap-dev-old"), "up")
    boto3.client("dynamodb").put_item(TableName="tap-dev-old", Item=ITEM)
    workshop.run(named("new", "tap-dev-new"), "up", plan_options=PlanOptions())
    told = named("new", "tap-dev-old")
    told.moved = {"table.old": "table.new"}
    plan = workshop.run(told, "plan", plan_options=PlanOptions()).changes
    assert plan["table.new"].action is Action.UPDATE
    assert plan["table.new~1"].action is Action.KEEP
    assert "--destroy 'table.new~1'" in plan["table.new~1"].reason
    workshop.run(told, "up", plan_options=PlanOptions(destroy=frozenset({"table.new~1"})))
    assert inventory(new_aws())["table"] == {"tap-dev-old"}
    assert boto3.client("dynamodb").scan(TableName="tap-dev-old")["Items"] == [ITEM]
    workshop.run(told, "down")
    assert inventory(new_aws()) == before


def lost(workshop: Workshop) -> None:
    shutil.rmtree(workshop.directory)


def test_of_two_tables_with_one_mark_none_is_taken_silently(
    workshop: Workshop, tmp_path: Path
) -> None:
    """None is chosen if the rename is declared after an `up` and the loss of the state.

    The recent writes are in the new table, but name and former owner tag point to the old one.
    """
    workshop.run(named("old", "tap-dev-old"), "up")
    workshop.run(named("new", "tap-dev-new"), "up", plan_options=PlanOptions())
    boto3.client("dynamodb").put_item(TableName="tap-dev-new", Item=ITEM)
    lost(workshop)
    told = named("new", "tap-dev-old")
    told.moved = {"table.old": "table.new"}
    finding = workshop.run(told, "plan", plan_options=PlanOptions()).changes["table.new"]
    assert finding.action is Action.FOREIGN
    assert "tap-dev-new carries its owner tag, and so does tap-dev-old" in finding.reason
    assert "`provision up --adopt table.new` continues with tap-dev-old" in finding.unblock_hint
    with pytest.raises(NotOwned):
        workshop.run(told, "up", plan_options=PlanOptions())
    workshop.run(told, "up", plan_options=PlanOptions(adopt=frozenset({"table.new"})))
    again = workshop.run(told, "plan", plan_options=PlanOptions()).changes["table.new"]
    assert again.action is Action.KEEP
    assert inventory(new_aws())["table"] == {"tap-dev-old", "tap-dev-new"}


def test_an_empty_table_is_not_made_beside_one_of_its_mark(
    workshop: Workshop, tmp_path: Path
) -> None:
    """The declaration was removed and the state lost, so no table of that name exists."""
    workshop.run(named("old", "tap-dev-old"), "up")
    told = named("new", "tap-dev-old")
    told.moved = {"table.old": "table.new"}
    workshop.run(told, "up")
    lost(workshop)
    plain = named("new", "tap-dev-new")
    finding = workshop.run(plain, "plan", plan_options=PlanOptions()).changes["table.new"]
    assert finding.action is Action.FOREIGN
    assert "tap-dev-old carries its owner tag, and no state" in finding.reason
    assert "creates tap-dev-new" in finding.unblock_hint
    with pytest.raises(NotOwned):
        workshop.run(plain, "up", plan_options=PlanOptions())
    assert inventory(new_aws())["table"] == {"tap-dev-old"}


def named(key: str, name: str, stack: str = "tap-dev") -> Stack:
    made = Stack(stack)
    made.add(f"table.{key}", lambda _: Table(name=name, key="id", tags={}, protect=False))
    return made


def test_without_the_line_a_renamed_table_is_never_taken_for_another(workshop: Workshop) -> None:
    """Without the declaration it is a replacement, which is refused because of its data."""
    workshop.run(named("old", "tap-dev-old"), "up")
    told = named("new", "tap-dev-old")
    told.moved = {"table.old": "table.new"}
    workshop.run(told, "up")
    finding = workshop.run(named("new", "tap-dev-new"), "plan", plan_options=PlanOptions()).changes
    assert finding["table.new"].action is Action.REPLACE
    assert "--destroy table.new" in finding["table.new"].unblock_hint


def test_the_way_back_without_the_state_is_told(workshop: Workshop) -> None:
    """The rename was undone in config.yaml, but by its tag the table is still the other node's."""
    workshop.run(named("old", "tap-dev-old"), "up")
    told = named("new", "tap-dev-old")
    told.moved = {"table.old": "table.new"}
    workshop.run(told, "up")
    workshop.forget()
    back = named("old", "tap-dev-old")
    finding = workshop.run(back, "plan", plan_options=PlanOptions()).changes["table.old"]
    assert finding.action is Action.FOREIGN
    assert finding.reason == "tap-dev-old belongs to this stack's table.new"
    assert "moved: {table.new: table.old}" in finding.unblock_hint
    back.moved = {"table.new": "table.old"}
    assert workshop.run(back, "plan").changes["table.old"].action is Action.UPDATE
    down = workshop.run(named("old", "tap-dev-old"), "down", plan_options=PlanOptions()).changes
    assert down["table.old"].reason == "tap-dev-old belongs to this stack's table.new: not touched"


def test_a_misspelt_former_name_is_told_before_another_is_made(workshop: Workshop) -> None:
    told = named("new", "tap-dev-odl")
    told.moved = {"table.odl": "table.new"}
    first = workshop.run(told, "plan").changes["table.new"]
    assert (first.action, first.reason) == (Action.CREATE, "")
    workshop.run(named("old", "tap-dev-old"), "up")
    finding = workshop.run(told, "plan").changes["table.new"]
    assert finding.action is Action.CREATE
    assert "it was table.odl, which the state does not have" in finding.reason


def test_somebody_elses_is_not_taken_by_a_rename(workshop: Workshop) -> None:
    other = named("old", "tap-dev-old", stack="tap-dev-2")
    workshop.run(other, "up")
    workshop.forget()
    told = named("new", "tap-dev-old")
    told.moved = {"table.old": "table.new"}
    assert workshop.run(told, "plan").changes["table.new"].action is Action.FOREIGN


def test_records_under_their_new_names() -> None:
    def record(step: Step, *needs: str) -> Record:
        return Record(step, needs)

    records = {
        "table.old": record(OLD),
        "table.old~1": record(NEW),
        "table.older": record(NEW),
        "api": record(QUEUE, "table.old", "table.older"),
    }
    assert apply_moves(records, {"table.old": "table.new"}) == {
        "table.older": record(NEW),
        "api": record(QUEUE, "table.new", "table.older"),
        "table.new": record(OLD),
        "table.new~1": record(NEW),
    }
    assert apply_moves(records, {}) == records
