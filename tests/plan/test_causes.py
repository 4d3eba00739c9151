"""Why a node is made, changed or removed, as the journal tells."""

from __future__ import annotations

import json
from pathlib import Path

from provision.answer import document
from provision.finding import Cause
from provision.step import Step
from provision.steps.log_group import LogGroup
from tests.reference import reference_site
from tests.workshop import Workshop, empty, new_aws, one_node

LOGS = LogGroup(name="tap-dev-logs", retention=30, tags={})


def causes(workshop: Workshop, step: Step | None) -> frozenset[Cause]:
    stack = one_node(step) if step else empty()
    return workshop.run(stack, "plan").findings["it"].causes


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


def test_the_document_has_causes_risks_and_parts(workshop: Workshop, tmp_path: Path) -> None:
    workshop.run(one_node(LOGS), "up")
    new_aws().logs.put_retention_policy(logGroupName=LOGS.name, retentionInDays=90)
    wanted = LogGroup(name=LOGS.name, retention=7, tags={"a": "b"})
    findings = workshop.run(one_node(wanted), "plan").findings
    aws = new_aws()
    text = document(
        reference_site(aws, tmp_path), aws, findings, failed={}, outputs={}, seconds=0.0, longest=()
    )
    answer = json.loads(text)
    (resource,) = answer["resources"]
    changes = {change["field"]: change for change in resource["changes"]}
    assert changes["retention"]["cause"] == "drift"
    assert changes["retention"]["left"] == 30
    assert changes["tags"]["parts"] == [{"path": "tags.a", "want": "b"}]
    assert resource["risks"] == [
        {"risk": "data loss", "why": "older entries go", "seconds": None, "longest": None}
    ]
    assert answer["causes"] == {"config": 1, "drift": 1, "removed": 0}
    assert answer["risks"]["data loss"] == 1
