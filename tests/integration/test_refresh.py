"""The state is rebuilt from AWS after it was lost, stale, partly wrong, or left pending."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import boto3
import pytest

from provision.engine.engine import Engine
from provision.model.stack import Stack
from provision.model.step import Step
from provision.plan.change import Action, Cause
from provision.stack import grants
from provision.state.journal import Journal
from provision.steps import KINDS
from provision.steps.ec2.vpc import Vpc
from provision.steps.iam.role import Role
from provision.steps.iam.role_policies import RolePolicies
from provision.steps.logs.log_group import LogGroup
from provision.steps.sqs.queue import Queue
from provision.workflows.refresh import RecordStatus, RefreshResult, refresh_records, trusts_record
from tests.integration.test_cli import Provision, home, provision  # noqa: F401  (fixtures)
from tests.support.account_inventory import inventory
from tests.support.harness import HOLDER, Workshop, empty, new_aws
from tests.support.sample_stack import reference_stack

QUEUE = Queue(name="tap-dev-it", tags={})


def refresh(workshop: Workshop, stack: Stack) -> RefreshResult:
    """Return the result of `provision refresh` as a process of its own."""
    aws = new_aws()
    journal = Journal(workshop.directory, stack.name, KINDS).open(HOLDER)
    try:
        eyes = Engine(stack, aws, journal, accepts=trusts_record)
        with aws.reading():
            found = refresh_records(eyes, eyes.plan())
        journal.replace_all(found.records)
    finally:
        journal.close()
    assert aws.calls.write == 0
    return found


def small(*, visibility: int = 60) -> Stack:
    """Return a stack of a resource found by its name, one found by its tag, and another."""
    stack = Stack("tap-dev")
    stack.add("queue", lambda _: replace(QUEUE, visibility=visibility))
    stack.add("vpc", lambda _: Vpc(cidr="10.20.0.0/24", tags={"Name": "tap-dev"}))
    stack.add("logs", lambda _: LogGroup(name="/tap/dev", retention=30, tags={}))
    return stack


def state(workshop: Workshop) -> dict[str, Step]:
    records = Journal.read(workshop.directory, "tap-dev", KINDS).records
    return {name: record.step for name, record in records.items()}


def intend(workshop: Workshop, node: str, doing: str, step: Step | None = None) -> None:
    """Record a pending operation, as a run that died does."""
    journal = Journal(workshop.directory, "tap-dev", KINDS).open(HOLDER)
    journal.begin(node, doing, step or journal.records[node].step, ())
    journal.close()


def fates(found: RefreshResult) -> dict[str, RecordStatus]:
    return {entry.node: entry.fate for entry in found.entries}


def test_a_lost_state_of_the_whole_stack_is_the_same_again(
    workshop: Workshop, tmp_path: Path
) -> None:
    stack = reference_stack(new_aws(), tmp_path)
    workshop.run(stack, "up", workers=8)
    before = json.loads((workshop.directory / "state.json").read_text())
    workshop.forget()
    found = refresh(workshop, stack)
    assert set(fates(found).values()) == {RecordStatus.RECORDED}
    assert json.loads((workshop.directory / "state.json").read_text()) == before
    changed = reference_stack(new_aws(), tmp_path, {"functions": {"items": {"memory": 1024}}})
    workshop.forget()
    refresh(workshop, changed)
    plan = workshop.run(changed, "plan", workers=8).changes
    left = {node: f.diffs for node, f in plan.items() if f.action is Action.UPDATE}
    assert [change.field for change in left["function.items"]] == ["memory"]


def test_what_differs_is_recorded_as_it_is_and_still_planned(workshop: Workshop) -> None:
    workshop.run(small(), "up")
    boto3.client("logs").put_retention_policy(logGroupName="/tap/dev", retentionInDays=1)
    found = refresh(workshop, small())
    (entry,) = (entry for entry in found.entries if entry.moved)
    assert (entry.node, entry.moved) == ("logs", ("retention",))
    plan = workshop.run(small(), "plan").changes["logs"]
    assert plan.action is Action.UPDATE
    assert [(c.field, c.want, c.have, c.cause) for c in plan.diffs] == [
        ("retention", 30, 1, Cause.CONFIG)
    ]


def test_what_is_gone_is_dropped_and_made_again(workshop: Workshop) -> None:
    workshop.run(small(), "up")
    boto3.client("logs").delete_log_group(logGroupName="/tap/dev")
    assert fates(refresh(workshop, small()))["logs"] is RecordStatus.GONE
    assert set(state(workshop)) == {"queue", "vpc"}
    workshop.run(small(), "up")
    assert workshop.last.writes == ["CreateLogGroup", "PutRetentionPolicy"]


def test_what_only_the_state_knows_stays_while_it_is_there(workshop: Workshop) -> None:
    before = inventory(new_aws())
    workshop.run(small(), "up")
    boto3.client("logs").delete_log_group(logGroupName="/tap/dev")
    found = refresh(workshop, empty())
    assert fates(found) == {
        "queue": RecordStatus.RECORDED,
        "vpc": RecordStatus.RECORDED,
        "logs": RecordStatus.GONE,
    }
    workshop.run(empty(), "down")
    assert inventory(new_aws()) == before


def test_a_record_that_leads_elsewhere_is_put_right(workshop: Workshop) -> None:
    """It was edited, or restored from another day's copy: AWS shows the owner of each."""
    workshop.run(small(), "up")
    right = state(workshop)["vpc"]
    theirs = boto3.client("ec2").create_vpc(CidrBlock="10.20.0.0/24")["Vpc"]["VpcId"]
    file = workshop.directory / "state.json"
    file.write_text(file.read_text().replace(vars(right)["id"], theirs))
    assert fates(refresh(workshop, small()))["vpc"] is RecordStatus.RECORDED
    assert state(workshop)["vpc"] == right
    workshop.run(small(), "up")
    assert workshop.last.writes == []


def granting(role: str) -> Stack:
    """Return a stack of a role and policies without an owner tag, known by the role's name."""
    stack = Stack("tap-dev")
    node = stack.add("role", lambda _: Role(name=role, service="lambda.amazonaws.com", tags={}))
    policies = {"tracing": grants.tracing()}
    stack.add(
        "grants", lambda get: RolePolicies(role=get(node).name, policies=policies), needs=[node]
    )
    return stack


def test_an_unmarked_record_that_leads_elsewhere_is_put_right(
    workshop: Workshop, tmp_path: Path
) -> None:
    other = granting("theirs")
    other.name = "other-dev"
    Workshop(tmp_path / "theirs").run(other, "up")
    workshop.run(granting("tap-dev-it"), "up")
    right = state(workshop)["grants"]
    intend(workshop, "grants", "", RolePolicies(role="theirs", policies={}))
    refresh(workshop, granting("tap-dev-it"))
    assert state(workshop)["grants"] == right
    workshop.run(granting("tap-dev-it"), "down")
    assert new_aws().iam.list_role_policies(RoleName="theirs")["PolicyNames"] == ["tracing"]


def test_what_is_not_ours_is_told_and_never_taken(workshop: Workshop) -> None:
    sqs = boto3.client("sqs")
    sqs.create_queue(QueueName="tap-dev-it")
    found = refresh(workshop, small())
    assert fates(found) == {"queue": RecordStatus.FOREIGN}
    assert state(workshop) == {}
    assert workshop.run(small(), "plan").changes["queue"].action is Action.FOREIGN


def test_a_thing_known_by_its_id_that_lost_its_tag_is_not_made_twice(workshop: Workshop) -> None:
    workshop.run(small(), "up")
    vpc = vars(state(workshop)["vpc"])["id"]
    boto3.client("ec2").delete_tags(Resources=[vpc], Tags=[{"Key": "provision:owner"}])
    assert fates(refresh(workshop, small()))["vpc"] is RecordStatus.FOREIGN
    plan = workshop.run(small(), "plan").changes["vpc"]
    assert plan.action is Action.FOREIGN
    assert "--adopt vpc" in plan.unblock_hint


@pytest.mark.parametrize("doing", ["create", "update"])
def test_an_intention_that_came_about_is_resolved(workshop: Workshop, doing: str) -> None:
    workshop.run(small(), "up")
    intend(workshop, "queue", doing)
    (entry,) = (e for e in refresh(workshop, small()).entries if e.begun)
    assert (entry.node, entry.begun, entry.fate) == ("queue", doing, RecordStatus.RECORDED)
    records = Journal.read(workshop.directory, "tap-dev", KINDS).records
    assert {record.pending for record in records.values()} == {""}


def test_a_create_that_never_came_about_is_dropped(workshop: Workshop) -> None:
    intend(workshop, "queue", "create", QUEUE.with_owner("tap-dev/queue"))
    found = refresh(workshop, small())
    assert [(entry.node, entry.fate, entry.begun) for entry in found.entries] == [
        ("queue", RecordStatus.GONE, "create")
    ]
    assert state(workshop) == {}


def test_a_delete_that_is_not_over_stays_an_intention(workshop: Workshop) -> None:
    workshop.run(small(), "up")
    intend(workshop, "queue", "delete")
    assert fates(refresh(workshop, small()))["queue"] is RecordStatus.UNSURE
    records = Journal.read(workshop.directory, "tap-dev", KINDS).records
    assert records["queue"].pending == "delete"
    workshop.run(small(), "down")
    assert state(workshop) == {}


def test_the_command_in_json_and_in_words(
    account: None,
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
) -> None:
    nothing = provision("refresh")
    assert nothing.code == 0
    assert "Nothing of tap-dev is in AWS" in nothing.out
    assert json.loads((home / ".provision/dev/state.json").read_text())["account"] is None
    assert provision("up", "--yes").code == 0
    boto3.client("logs").delete_log_group(logGroupName="/aws/lambda/tap-dev-items")
    boto3.client("dynamodb").update_table(
        TableName="tap-dev-items", DeletionProtectionEnabled=False
    )
    said = provision("refresh").out
    assert "- function.items.logs  /aws/lambda/tap-dev-items  it does not exist:" in said
    assert "= table.items  tap-dev-items  record updated: protect" in said
    shutil.rmtree(home / ".provision" / "dev")
    answer = provision("refresh", "--json").json
    assert answer["calls"]["write"] == 0
    assert answer["summary"]["recorded"] == len(answer["records"]) > 30
    pinned = json.loads((home / ".provision/dev/state.json").read_text())
    assert (pinned["account"], pinned["region"]) == ("123456789012", "us-east-1")
    assert provision("--region", "eu-west-1", "refresh").code == 7
