"""The journal shows why a node is created, changed or removed."""

from __future__ import annotations

import json
from pathlib import Path

import boto3

from provision.model.step import Step
from provision.plan.change import Cause
from provision.steps.logs.log_group import LogGroup
from provision.views.json_documents import run_document
from tests.integration.test_cli import Provision, home, provision
from tests.support.harness import Workshop, empty, new_aws, one_node
from tests.support.sample_stack import reference_site

__all__ = ["home", "provision"]

LOGS = LogGroup(name="tap-dev-logs", retention=30, tags={})


def causes(workshop: Workshop, step: Step | None) -> frozenset[Cause]:
    stack = one_node(step) if step else empty()
    return workshop.run(stack, "plan").changes["it"].causes


def test_what_never_was_there_is_made_by_the_configuration(workshop: Workshop) -> None:
    assert causes(workshop, LOGS) == {Cause.CONFIG}


def test_what_has_gone_is_made_again_because_of_drift(workshop: Workshop) -> None:
    workshop.run(one_node(LOGS), "up")
    assert causes(workshop, LOGS) == frozenset()
    new_aws().logs.delete_log_group(logGroupName=LOGS.name)
    assert causes(workshop, LOGS) == {Cause.DRIFT}


def test_what_the_configuration_drops_is_removed(workshop: Workshop) -> None:
    workshop.run(one_node(LOGS), "up")
    assert causes(workshop, None) == {Cause.REMOVED}


def test_what_follows_from_drift_is_drift(account: None, home: Path, provision: Provision) -> None:
    """A route deleted by hand: the deployment and the stage change because it is restored."""
    assert provision("up", "--yes").code == 0
    gateway = boto3.client("apigateway")
    (api,) = gateway.get_rest_apis()["items"]
    shown = gateway.get_resources(restApiId=api["id"])["items"]
    with_get = next(one for one in shown if "GET" in one.get("resourceMethods", {}))
    gateway.delete_method(restApiId=api["id"], resourceId=with_get["id"], httpMethod="GET")
    told = provision("plan").out
    assert "replace api.deployment" in told or "publish api.deployment" in told, told
    why = next(line for line in told.splitlines() if line.startswith("Why: "))
    assert "by config.yaml" not in why


def test_a_role_made_again_plans_what_up_does(
    account: None, home: Path, provision: Provision
) -> None:
    """The new role has the same ARN, so no user of it changes; its hidden id is a risk."""
    assert provision("up", "--yes").code == 0
    iam = boto3.client("iam")
    items = boto3.client("lambda").get_function_configuration(FunctionName="tap-dev-items")
    role = iam.get_role(RoleName=items["Role"].rpartition("/")[2])["Role"]
    for name in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]:
        iam.delete_role_policy(RoleName=role["RoleName"], PolicyName=name)
    for one in iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=role["RoleName"], PolicyArn=one["PolicyArn"])
    iam.delete_role(RoleName=role["RoleName"])
    planned = provision("plan", "--json").json
    acts = {one["node"] for one in planned["resources"] if one["action"] not in {"keep", "skip"}}
    assert acts == {"function.items.role", "function.items.grants"}
    (made,) = (one for one in planned["resources"] if one["node"] == "function.items.role")
    assert [one["risk"] for one in made["risks"]] == ["downtime"]
    done = provision("up", "--yes", "--json").json
    assert {one["node"] for one in done["resources"] if one["action"] != "keep"} == acts


def test_a_table_that_is_gone_says_how_to_have_its_items_back(
    account: None, home: Path, provision: Provision
) -> None:
    assert provision("up", "--yes").code == 0
    tables = boto3.client("dynamodb")
    tables.update_table(TableName="tap-dev-items", DeletionProtectionEnabled=False)
    tables.delete_table(TableName="tap-dev-items")
    told = " ".join(provision("plan").out.split())
    assert "its items are lost; an empty table takes its name" in told
    assert "`aws dynamodb list-backups --table-name tap-dev-items --backup-type ALL" in told
    assert "restore-table-from-backup --target-table-name tap-dev-items" in told
    assert "`provision up --adopt table.items` takes it over" in told
    assert "Risks: 1 data loss" in told


def test_an_environment_of_another_name_is_another_stack(
    account: None, home: Path, provision: Provision
) -> None:
    assert provision("up", "--yes").code == 0
    quiet = provision("plan").err
    config = home / "config.yaml"
    text = config.read_text()
    assert "environment: dev" in text
    config.write_text(text.replace("environment: dev", "environment: live"))
    told = " ".join(provision("plan").err.split())
    assert "tap-dev is recorded in" in told
    assert "tap-live is a new stack" in told
    assert "`provision plan --env dev`" in told
    assert "recorded in" not in quiet


def test_a_folder_whose_name_is_a_command_is_no_environment(
    account: None, home: Path, provision: Provision
) -> None:
    """A checkout may hold folders of any name."""
    name = 'x"$(ls)'
    planted = home / ".provision" / name
    planted.mkdir(parents=True)
    state = {"stack": f"tap-{name}", "records": {"table.items": {}}}
    (planted / "state.json").write_text(json.dumps(state))
    told = provision("plan")
    assert told.code == 0
    assert "$(ls)" not in told.out + told.err


def test_the_document_has_causes_risks_and_parts(workshop: Workshop, tmp_path: Path) -> None:
    workshop.run(one_node(LOGS), "up")
    new_aws().logs.put_retention_policy(logGroupName=LOGS.name, retentionInDays=90)
    wanted = LogGroup(name=LOGS.name, retention=7, tags={"a": "b"})
    findings = workshop.run(one_node(wanted), "plan").changes
    aws = new_aws()
    text = run_document(
        reference_site(aws, tmp_path),
        aws.calls,
        findings,
        failed={},
        outputs={},
        seconds=0.0,
        longest=(),
    )
    answer = json.loads(text)
    (resource,) = answer["resources"]
    changes = {change["field"]: change for change in resource["changes"]}
    assert changes["retention"]["cause"] == "drift"
    assert changes["retention"]["left"] == 30
    assert changes["tags"]["parts"] == [{"path": "tags.a", "want": "b"}]
    assert resource["risks"] == [
        {"risk": "data loss", "why": "older entries are deleted", "seconds": None, "longest": None}
    ]
    assert answer["causes"] == {"config": 1, "drift": 1, "removed": 0}
    assert answer["risks"]["data loss"] == 1
