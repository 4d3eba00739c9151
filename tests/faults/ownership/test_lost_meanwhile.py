"""A resource that becomes foreign between plan and deletion of `down` stays.

The owner is read once more if others can take the resource's name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from provision.aws.client import Aws
from provision.engine.executor import Executor
from provision.errors import NotOwned
from provision.model.capabilities import CheckedBeforeDeletion
from provision.model.stack import Stack
from provision.model.step import OWNER, Step, Tagged
from provision.plan.change import Action
from provision.state.journal import Journal
from provision.steps import KINDS
from provision.steps.apigateway.base_path_mapping import BasePathMapping
from provision.steps.dynamodb.table import Table
from provision.steps.logs.log_group import LogGroup
from provision.steps.route53.record import RecordSet
from tests.faults.ownership.foreign_stack import act, retag
from tests.faults.ownership.test_hostile_state import ZONE, small
from tests.support.harness import Recorder, Workshop, new_aws, one_node
from tests.support.sample_stack import reference_stack
from tests.unit.steps.route53.test_record import ALIAS, listed, make_zone, write

ASKED = {
    "apigateway.base_path": 1,
    "apigateway.domain": 1,
    "dynamodb.table": 2,
    "iam.role": 2,
    "kms.key": 1,
    "lambda.function": 1,
    "logs.group": 2,
    "route53.record": 2,
    "scheduler.group": 2,
    "sns.topic": 2,
    "sqs.queue": 2,
}
"""The kinds, and the number of reads to check the owner."""
ELSEWHERE = {"Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "203.0.113.9"}]}
GROUP = LogGroup(name="/aws/lambda/tap-dev-items", retention=30, tags={})
THEIRS = "other/prod/us-east-1/123456789012"


@pytest.fixture
def stack(account: None, tmp_path: Path) -> Stack:
    """Return a stack of all kinds that are checked last, created."""
    boto3.client("route53").create_hosted_zone(Name=ZONE, CallerReference="1")
    changes = {
        **small("tap"),
        "encryption": {"key": "create"},
        "functions": {"items": {"on": {"nightly": {"schedule": "rate(1 day)"}}}},
    }
    made = reference_stack(new_aws(), tmp_path / "ours", changes)
    assert act(tmp_path / "state", made, "up").failed == {}
    return made


def before_it_goes(monkeypatch: pytest.MonkeyPatch, taken: Callable[[str, Step], None]) -> None:
    """Let another party act before the deletion of each node."""
    delete = Executor._delete

    def later(self: Executor, node: str, needs: tuple[str, ...], have: Step) -> None:
        taken(node, have)
        delete(self, node, needs, have)

    monkeypatch.setattr(Executor, "_delete", later)


def take(node: str, have: Step) -> None:
    """Take it over as any user with permission could: its owner tag, or its target."""
    match have:
        case RecordSet():
            write(have.zone_id, "UPSERT", Name=have.name, **ELSEWHERE)
        case BasePathMapping():
            other = boto3.client("apigateway").create_rest_api(name="theirs")["id"]
            replace(have, api_id=other, stage=a_stage(other)).update(new_aws(), have, {"api_id"})
        case Tagged():
            retag(node, have)


def a_stage(api: str) -> str:
    gateway = boto3.client("apigateway")
    root = gateway.get_resources(restApiId=api)["items"][0]["id"]
    at: Any = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
    gateway.put_method(**at, authorizationType="NONE")
    gateway.put_integration(**at, type="MOCK")
    gateway.create_deployment(restApiId=api, stageName="v1")
    return "v1"


def test_what_somebody_took_meanwhile_stays_and_is_told(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, Step] = {}

    def taken(node: str, have: Step) -> None:
        if have.KIND in ASKED:
            seen[node] = have
            take(node, have)

    before_it_goes(monkeypatch, taken)
    outcome = act(tmp_path / "state", stack, "down")
    assert {step.KIND for step in seen.values()} == ASKED.keys()
    for node, have in seen.items():
        finding = outcome.changes[node]
        told = f"{have.label} no longer belongs to this stack: not touched"
        assert (finding.action, finding.reason) == (Action.FOREIGN, told)
        assert have.observe(new_aws()) is not None, node
    assert not seen.keys() & records(tmp_path / "state", stack), "they are nobody's of ours now"


def records(directory: Path, stack: Stack) -> set[str]:
    return set(Journal.read(directory, stack.name, KINDS).records)


def test_exactly_these_kinds_are_asked_by_so_many_reads(stack: Stack, tmp_path: Path) -> None:
    assert {
        name for name, kind in KINDS.items() if issubclass(kind, CheckedBeforeDeletion)
    } == ASKED.keys()
    recorder, counted = Recorder(), {}
    aws = new_aws(recorder)
    assert aws.location.account, "known before: it is asked once a run"
    for record in Journal.read(tmp_path / "state", stack.name, KINDS).records.values():
        if isinstance(record.step, CheckedBeforeDeletion):
            before = len(recorder.reads)
            assert record.step.observe_owner(aws) is not None
            counted[record.step.KIND] = len(recorder.reads) - before
    assert counted == ASKED
    assert recorder.writes == []


def test_a_domain_whose_mapping_was_taken_stays(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken(node: str, have: Step) -> None:
        if isinstance(have, BasePathMapping):
            take(node, have)

    before_it_goes(monkeypatch, taken)
    outcome = act(tmp_path / "state", stack, "down")
    assert "still leads to APIs of others" in outcome.failed["api.domain"].message
    assert boto3.client("apigateway").get_base_path_mappings(domainName=f"tap.{ZONE}")["items"]


def test_what_makes_way_for_another_is_asked_too(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = Table(name="tap-dev-items", key="id", tags={}, encryption="owned", protect=False)
    workshop.run(one_node(table), "up")
    before_it_goes(monkeypatch, take)
    with pytest.raises(NotOwned, match="tap-dev-items no longer belongs to this stack"):
        workshop.run(one_node(replace(table, key="other")), "up")
    left = table.observe(new_aws())
    assert left is not None
    assert left.key == "id"


@pytest.mark.parametrize("asks", [1, 2], ids=["before it lists", "after it listed"])
def test_a_record_goes_only_as_it_was_seen(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, asks: int
) -> None:
    """Even after the last check, Route 53 deletes only the observed values."""
    zone_id = make_zone()
    workshop.run(one_node(ALIAS), "up")
    have = ALIAS.observe(new_aws())
    assert have is not None
    listing, asked = RecordSet._at_name, [0]

    def meanwhile(self: RecordSet, aws: Aws, zone: str) -> Any:
        asked[0] += 1
        if asked[0] == asks:
            write(zone, "UPSERT", Name=ALIAS.name, **ELSEWHERE)
        return listing(self, aws, zone)

    monkeypatch.setattr(RecordSet, "_at_name", meanwhile)
    with pytest.raises(NotOwned, match=r"A api\.example\.com no longer belongs to this stack"):
        have.delete(new_aws())
    assert listed(zone_id)["api.example.com."]["ResourceRecords"] == [{"Value": "203.0.113.9"}]


def test_a_log_group_that_another_made_where_ours_was_stays(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second observation, for recreated groups, finds one with a foreign owner tag."""
    workshop.run(one_node(GROUP), "up")
    monkeypatch.setattr(LogGroup, "has_recent_writes", lambda *_: True)
    delete, theirs = LogGroup.delete, GROUP.with_owner(f"{THEIRS}/function.it.logs")

    def then_theirs(self: LogGroup, aws: Aws) -> None:
        delete(self, aws)
        if theirs.observe(new_aws()) is None:
            theirs.create(new_aws())

    monkeypatch.setattr(LogGroup, "delete", then_theirs)
    finding = workshop.run(one_node(GROUP), "down").changes["it"]
    assert workshop.last.writes.count("DeleteLogGroup") == 1
    assert finding.action is Action.DELETE
    assert (
        finding.reason
        == f"{GROUP.name} no longer belongs to this stack: not touched; this stack's is deleted"
    )
    left = theirs.observe(new_aws())
    assert left is not None
    assert left.tags[OWNER] == f"{THEIRS}/function.it.logs"
