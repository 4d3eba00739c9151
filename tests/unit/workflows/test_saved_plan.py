"""A saved plan is carried out exactly or not at all, and other files are refused."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from provision.commands.invocation import Invocation
from provision.model.step import Step, with_computed
from provision.plan.change import Action, Cause, FieldDiff, ResourceChange
from provision.plan.options import PlanOptions
from provision.stack.inputs import StackInputs
from provision.steps.dynamodb.table import Table
from provision.steps.lambda_.function import Function
from provision.steps.sqs.queue import Queue
from provision.unknown import UNKNOWN
from provision.workflows.saved_plan import (
    InvalidPlanFile,
    capture_plan,
    changed_nodes,
    planned,
    read_plan,
    write_plan,
)
from tests.integration.test_cli import CONFIG, Provision, home, provision  # noqa: F401  (fixtures)
from tests.support.harness import new_aws
from tests.support.sample_stack import reference_site

MARK = "tap/dev/us-east-1/123456789012"
SECRET = "correct-horse-battery"
WITH_SECRET = CONFIG | {
    "functions": {"items": CONFIG["functions"]["items"] | {"environment": {"TOKEN": SECRET}}}
}


def configure(home: Path, config: dict[str, Any]) -> None:  # noqa: F811
    (home / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))


def retention(days: int) -> None:
    boto3.client("logs").put_retention_policy(
        logGroupName="/aws/lambda/tap-dev-items", retentionInDays=days
    )


def test_a_saved_plan_is_done_as_it_is_and_only_once(
    account: None,
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
) -> None:
    configure(home, WITH_SECRET)
    planned = provision("plan", "--out", "the plan.json", "--json")
    assert planned.code == 0
    file = home / "the plan.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in home.iterdir() if "plan" in path.name] == ["the plan.json"]
    assert SECRET not in file.read_text()
    done = provision("up", "the plan.json", "--json")  # no terminal, and no --yes
    assert done.code == 0, done.err
    written = {"create", "update", "replace", "delete"}
    told = [
        {r["node"]: r["action"] for r in answer.json["resources"] if r["action"] in written}
        for answer in (planned, done)
    ]
    assert told[0] == told[1] != {}
    again = provision("up", "the plan.json", "--json")
    assert again.code == 1
    error = again.json["error"]
    assert "Nothing was done" in error["message"]
    assert "table.items: is in AWS now" in error["message"]
    assert "plan --out 'the plan.json'" in error["hint"]


def test_what_moved_since_is_named_and_nothing_done(
    account: None,
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(words: str) -> None:
        answer = provision("up", "p.json")
        assert answer.code == 1
        assert f"  {words}\n" in answer.err
        assert answer.err.count("\n  ") < 20

    provision("up", "--yes")
    retention(7)
    said = provision("plan", "--out", "p.json")
    assert "saved: `" in said.err
    assert "up p.json` applies exactly this, or nothing" in " ".join(said.err.split())
    retention(1)
    refused("function.items.logs: retention changed in AWS")
    retention(7)
    (home / "code" / "more.py").write_text("")
    refused("functions.items.source: its files")
    (home / "code" / "more.py").unlink()
    configure(home, WITH_SECRET)
    refused("config.yaml: functions.items.environment.TOKEN")
    configure(home, CONFIG)
    with monkeypatch.context() as patch:
        patch.setattr("provision.workflows.saved_plan.__version__", "9.9")
        refused("it was made by provision 0.1.0, and this is 9.9")
    state = home / ".provision" / "dev" / "state.json"
    kept = state.read_text()
    state.unlink()  # another machine: AWS differs, not the state
    assert provision("up", "p.json", "--json").json["summary"]["update"] == 1
    state.write_text(kept)
    groups = boto3.client("logs").describe_log_groups()["logGroups"]
    assert {group.get("retentionInDays") for group in groups} == {30}


def test_a_plan_is_for_one_stack_account_and_region(
    account: None,
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
) -> None:
    provision("plan", "--out", "p.json")
    other = provision("--env", "qa", "up", "p.json", "--new-env")
    assert other.code == 1
    assert "is a plan of tap-dev, and this is tap-qa" in other.err
    assert "`provision up p.json --env dev`" in other.err
    elsewhere = provision("--region", "eu-west-1", "up", "p.json")
    assert elsewhere.code == 7
    text = (home / "p.json").read_text().replace("123456789012", "999999999999")
    (home / "p.json").write_text(text)
    assert provision("up", "p.json").code == 7
    assert boto3.client("dynamodb").list_tables()["TableNames"] == []


def keyed_by() -> str:
    table = boto3.client("dynamodb").describe_table(TableName="tap-dev-items")["Table"]
    return table["KeySchema"][0]["AttributeName"]


def test_what_a_plan_destroys_is_allowed_again_by_who_carries_it_out(
    account: None,
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
) -> None:
    provision("up", "--yes")
    other_key = CONFIG | {"tables": {"items": {"key": "other", "protect": True}}}
    configure(home, other_key)
    provision("plan", "--out", "p.json")
    refused = provision("up", "p.json")
    assert refused.code == 1  # nothing was done
    anew = "`provision plan --out p.json --destroy table.items`"
    assert f"{anew} saves a plan that lets it be deleted" in refused.err
    more = provision("up", "p.json", "--destroy", "table.items")
    assert more.code == 2
    assert "`provision plan --out p.json --destroy table.items`" in more.err
    assert provision("plan", "--out", "p.json", "--destroy", "table.itemz").code == 2
    said = provision("plan", "--out", "p.json", "--destroy", "table.items")
    assert "`provision up p.json --destroy table.items` applies exactly this" in said.err
    for words in ((), ("--yes",), ("--confirm", "tap-dev"), ("--json",)):
        refused = provision("up", "p.json", *words)
        assert refused.code == 2
        assert "destroy the data of table.items" in refused.err
        assert "`provision up p.json --destroy table.items`" in refused.err
    assert provision("up", "p.json", "--destroy", "table.itemz").code == 2
    assert provision("up", "p.json", "--destroy", "table.items", "--no-backup").code == 2
    assert keyed_by() == "id"
    assert provision("up", "p.json", "--destroy", "table.items").code == 0
    assert keyed_by() == "other"


def test_a_plan_that_was_partly_done_is_saved_anew(
    account: None,
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
) -> None:
    """The part that was done has changed the stack, so the same file is refused."""
    provision("up", "--yes")
    changed = CONFIG["functions"]["items"] | {"memory": 1024}
    other_key = {"items": {"key": "other", "protect": True}}
    configure(home, CONFIG | {"tables": other_key, "functions": {"items": changed}})
    provision("plan", "--out", "p.json")
    done = provision("up", "p.json")
    assert done.code == 9
    assert "fix that and save a plan of what is missing: `provision plan --out p.json`" in done.err
    again = provision("up", "p.json")
    assert again.code == 1
    assert "this has changed" in again.err


def test_a_plan_that_was_interrupted_is_saved_anew() -> None:
    call = Invocation(("up", "p.json"), program="provision", verb="up")
    assert call.interrupted().hint == "`provision up p.json` continues from here"
    call.replan_command = call.command("plan", "--out", "p.json")
    hint = call.interrupted().hint
    assert hint == "`provision plan --out p.json` saves a plan of what is missing"


def test_a_person_is_asked_what_a_plan_destroys(
    account: None,
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    provision("up", "--yes")
    configure(home, CONFIG | {"tables": {"items": {"key": "other", "protect": True}}})
    provision("plan", "--out", "p.json", "--destroy", "table.items")
    for answer, code in (("n\n", 1), ("", 1), ("y\n", 0)):
        assert keyed_by() == "id"
        keyboard = io.StringIO(answer)
        monkeypatch.setattr(keyboard, "isatty", lambda: True)
        monkeypatch.setattr("sys.stdin", keyboard)
        told = provision("up", "p.json")
        assert told.code == code, told.err
        assert "Destroy the data of table.items, as the plan says?" in told.err
    assert keyed_by() == "other"


def set_in(way: str, value: object) -> Callable[[dict[str, Any]], None]:
    def edit(plan: dict[str, Any]) -> None:
        *outer, last = way.split("/")
        for part in outer:
            plan = plan[part]
        plan[last] = value

    return edit


def as_if_allowed(plan: dict[str, Any]) -> None:
    """Edit a plan as `--destroy table.items` would: the nodes that wait are replaced."""
    plan["destroy"] = ["table.items"]
    for node in plan["nodes"].values():
        node["action"] = "replace" if node["action"] == "wait" else node["action"]


EDITS = [
    (as_if_allowed, "destroy the data of table.items", 2),
    (set_in("destroy", ["table.items"]), "destroy the data of table.items", 2),
    (set_in("adopt", ["table.items"]), "take over table.items", 2),
    (set_in("destroy", ["`ls`"]), "`ls`, which is not a node of tap-dev", 1),
    (set_in("nodes/table.items/action", "keep"), "was keep, is replace now", 1),
    (set_in("nodes/table.items/changes", []), "differs from what the file shows", 1),
    (set_in("nodes/table.items/name", "other"), "differs from what the file shows", 1),
    (set_in("nodes/table.items/have", None), "table.items: is in AWS now", 1),
    (set_in("nodes/api", None), "cannot be read as a saved plan", 1),
    (set_in("nodes/more", None), "cannot be read as a saved plan", 1),
    (set_in("config", {}), "config.yaml: ", 1),
    (set_in("sources", {}), "functions.items.source: its files", 1),
    (set_in("salt", "0" * 32), "config.yaml: ", 1),
    (set_in("salt", "\ud800"), "cannot be read as a saved plan", 1),
    (set_in("schema", 0), "cannot be read as a saved plan", 1),
    (set_in("tool", "0"), "it was made by provision 0", 1),
    (set_in("stack", "tap-qa"), "is a plan of tap-qa", 1),
    (set_in("account", "1"), "is a plan for account 1", 7),
    (set_in("region", "eu-west-1"), "eu-west-1; these credentials", 7),
]


def test_whatever_is_edited_in_a_plan_nothing_more_is_done(
    account: None,
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
) -> None:
    boto3.client("dynamodb").create_table(
        TableName="tap-dev-items",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=[{"Key": "provision:owner", "Value": f"{MARK}/table.items"}],
    )
    configure(home, CONFIG | {"tables": {"items": {"key": "other", "protect": True}}})
    provision("plan", "--out", "p.json")
    for edit, said, code in EDITS:
        plan = json.loads((home / "p.json").read_text())
        edit(plan)
        (home / "edited.json").write_text(json.dumps(plan))
        told = provision("up", "edited.json")
        assert (told.code, said in told.err) == (code, True), told.err
        assert keyed_by() == "id"


def test_what_the_configuration_dropped_can_be_destroyed_by_name(
    account: None,
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
) -> None:
    tables = {**CONFIG["tables"], "old": {"key": "id", "protect": False}}
    configure(home, CONFIG | {"tables": tables})
    provision("up", "--yes")
    configure(home, CONFIG)
    assert "`provision up --destroy table.old` deletes it" in " ".join(
        provision("plan").out.split()
    )
    provision("plan", "--out", "p.json", "--destroy", "table.old")
    assert provision("up", "p.json", "--destroy", "table.old").code == 0
    assert boto3.client("dynamodb").list_tables()["TableNames"] == ["tap-dev-items"]


@pytest.fixture
def inputs(account: None, tmp_path: Path) -> StackInputs:
    return reference_site(new_aws(), tmp_path)


def finding(want: Step | None, have: Step | None, action: Action = Action.UPDATE) -> ResourceChange:
    changes = (FieldDiff("ttl", "a", None, fixed=False, cause=Cause.DRIFT),)
    return ResourceChange("it", (), "kind", want, have, changes, action)


TABLE = Table(name="tap-dev-items", key="id", tags={"a": "b"}, arn="arn:x")


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (finding(TABLE, TABLE), finding(TABLE, TABLE), []),
        (finding(TABLE, None), finding(TABLE, TABLE), ["it: is in AWS now"]),
        (finding(TABLE, TABLE), finding(TABLE, None), ["it: is no longer in AWS"]),
        (
            finding(TABLE, TABLE),
            finding(TABLE, Table(**vars(TABLE) | {"arn": "arn:y", "ttl": "x"})),
            ["it: ttl, arn changed in AWS"],
        ),
        (
            finding(with_computed(TABLE, None), TABLE),
            finding(TABLE, TABLE),
            ["it: arn wanted differently"],
        ),
        (
            finding(TABLE, TABLE, Action.FOREIGN),
            finding(TABLE, TABLE, Action.KEEP),
            ["it: was foreign, is keep now"],
        ),
        (
            finding(TABLE, Table(**vars(TABLE) | {"read_capacity": 5})),
            finding(TABLE, Table(**vars(TABLE) | {"read_capacity": 90})),
            [],  # changed by auto scaling itself
        ),
    ],
)
def test_what_has_moved_of_a_node(
    inputs: StackInputs, before: ResourceChange, after: ResourceChange, words: list[str]
) -> None:
    one = capture_plan(inputs, {"it": before}, PlanOptions())
    assert list(changed_nodes(one.nodes, planned(one.salt, {"it": after}))) == words


def test_nodes_that_come_and_go(inputs: StackInputs) -> None:
    one = capture_plan(inputs, {"a": finding(TABLE, TABLE)}, PlanOptions())
    two = capture_plan(inputs, {"b": finding(TABLE, TABLE)}, PlanOptions(), one.salt)
    assert list(changed_nodes(one.nodes, two.nodes)) == [
        "a: no longer exists",
        "b: is not in the plan",
    ]


def test_a_file_is_read_as_it_was_written_and_tells_what_but_not_which_values(
    inputs: StackInputs, tmp_path: Path
) -> None:
    secret = Function(
        name="f",
        runtime="python3.13",
        handler="a.b",
        role=UNKNOWN,
        code_sha256="x",
        zip="y",
        log_group="z",
        environment={"TOKEN": SECRET},
        tags={},
    )
    plan_options = PlanOptions(frozenset({"it"}), frozenset({"table.items"}))
    plan = capture_plan(
        inputs, {"it": finding(secret, None), "queue": finding(None, QUEUE)}, plan_options
    )
    file = tmp_path / "plan.json"
    file.write_text("older")
    file.chmod(0o644)
    write_plan(file, plan)
    assert file.stat().st_mode & 0o777 == 0o600
    assert read_plan(file) == plan
    assert read_plan(file).consent == plan_options
    assert SECRET not in file.read_text()
    assert plan.nodes["it"].changes == ("ttl (drift)",)
    other = capture_plan(inputs, {"it": finding(secret, None)}, plan_options)
    assert other.nodes["it"].want != plan.nodes["it"].want, "salted: no table of digests helps"


QUEUE = Queue(name="tap-dev-it", tags={})


def newer(text: str) -> str:
    return json.dumps(json.loads(text) | {"schema": 99})


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda text: text[:-20], "cannot be read as a saved plan: it is damaged, or not a plan"),
        (lambda text: "", "it is damaged, or not a plan"),
        (lambda text: "[]", "it is damaged, or not a plan"),
        (lambda text: '{"schema": 1, "stack": "tap-dev"}', "it is damaged, or not a plan"),
        (
            lambda text: json.dumps({**json.loads(text), "nodes": []}),
            "it is damaged, or not a plan",
        ),
        (newer, r"newer provision \(schema 99, this one knows 1\)"),
        (lambda text: text.replace(": 1,", f": {10**400},", 1), r"\(schema above 9999, this one"),
    ],
)
def test_a_file_that_is_no_plan(
    inputs: StackInputs, tmp_path: Path, spoil: Callable[[str], str], said: str
) -> None:
    file = tmp_path / "plan.json"
    write_plan(file, capture_plan(inputs, {}, PlanOptions()))
    file.write_text(spoil(file.read_text()))
    with pytest.raises(InvalidPlanFile, match=said) as caught:
        read_plan(file)
    assert caught.value.hint


def test_a_place_that_cannot_be_written(inputs: StackInputs, tmp_path: Path) -> None:
    with pytest.raises(InvalidPlanFile, match="No such file or directory"):
        write_plan(tmp_path / "no" / "plan.json", capture_plan(inputs, {}, PlanOptions()))
