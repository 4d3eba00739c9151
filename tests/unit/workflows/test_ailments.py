"""A resource in its wanted state that AWS reports as broken is never shown as healthy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from provision.aws.client import Aws
from provision.model.step import Step
from provision.plan.change import Action, ResourceChange
from provision.steps.acm import certificate
from provision.steps.acm.certificate import Certificate
from provision.steps.apigateway.domain_name import DomainName
from provision.steps.apigateway.rest_api.api import RestApi
from provision.steps.apigateway.rest_api.status import state_of
from provision.steps.dynamodb.table import Table
from provision.steps.ec2.flow_log import FlowLog
from provision.workflows.health import Health, of_what_is_there
from provision.workflows.troubles import troubles
from tests.integration.test_cli import Provision, home, provision
from tests.support.harness import new_aws

__all__ = ["home", "provision"]  # fixtures

ACTIVE_LOG = FlowLog(vpc_id="vpc-1", traffic="ALL", log_group="/a", role="arn:r", tags={})
CERTIFICATE = Certificate(domain="api.example.com", tags={})
DOMAIN = DomainName(name="api.example.com", certificate="arn:c", tags={})
API = RestApi(name="tap-dev", routes=(), models={}, tags={})
TABLE = Table(name="tap-dev-items", key="id", tags={})


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (ACTIVE_LOG, ""),
        (replace(ACTIVE_LOG, failing="Access error"), "nothing is logged: Access error"),
        (CERTIFICATE, ""),
        (replace(CERTIFICATE, renewal="FAILED, CAA_ERROR"), "AWS cannot renew it: FAILED, CAA_"),
        (DOMAIN, ""),
        (
            replace(DOMAIN, state="PENDING_OWNERSHIP_VERIFICATION: x"),
            "its state in AWS is PENDING_OWN",
        ),
        (API, ""),
        (replace(API, state="UPDATING"), ""),
        (replace(API, state="FAILED: why"), "its state in AWS is FAILED: why"),
        (TABLE, ""),
        (replace(TABLE, status="ARCHIVED"), "its status in DynamoDB is ARCHIVED"),
    ],
)
def test_what_aws_itself_calls_wrong_is_not_as_wanted(step: Step, words: str) -> None:
    """Correct settings do not prove that a resource works."""
    finding = ResourceChange("it", (), step.KIND, step, step, (), Action.KEEP)
    seen = of_what_is_there(Health(), {"it": step})
    sentences = [trouble.sentence for trouble in troubles({"it": finding}, seen)]
    assert len(sentences) == bool(words)
    assert "".join(sentences).startswith(f"it not working: {words}" if words else "")


def test_what_aws_says_is_read_from_its_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each problem is read by AWS's own field and value, and only real problems are reported."""
    flow_log: Any = {
        "FlowLogId": "fl-1",
        "ResourceId": "vpc-1",
        "TrafficType": "ALL",
        "DeliverLogsStatus": "FAILED",
        "DeliverLogsErrorMessage": "Access error",
    }
    assert ACTIVE_LOG._from_aws(flow_log).failing == "Access error"
    works = flow_log | {"DeliverLogsStatus": "SUCCESS"}
    assert ACTIVE_LOG._from_aws(works).failing == ""

    for status, reason in (("PENDING_AUTO_RENEWAL", ""), ("FAILED", "FAILED, CAA_ERROR")):
        renewal = {"RenewalStatus": status, "RenewalStatusReason": "CAA_ERROR"}
        shown = {"DomainName": "x", "Status": "ISSUED", "RenewalSummary": renewal}
        monkeypatch.setattr(certificate, "describe_with_record", lambda *_, shown=shown: shown)
        monkeypatch.setattr(certificate, "tags_of_certificate", lambda *_: {})
        read = CERTIFICATE._read(new_aws(), "arn:c")
        assert read
        assert read.renewal == reason

    domain: Any = {
        "domainName": "x",
        "domainNameStatus": "FAILED",
        "domainNameStatusMessage": "why",
    }
    assert DOMAIN._from_aws(domain).state == "FAILED: why"
    assert (
        DOMAIN._from_aws(
            {"domainName": "x"} | domain | {"domainNameStatus": "AVAILABLE"}
        ).reported_problem()
        == ""
    )

    assert state_of({"apiStatus": "FAILED", "apiStatusMessage": "why"}) == "FAILED: why"
    assert state_of({}) == "AVAILABLE", "as an older answer"


@pytest.mark.usefixtures("account")
def test_a_table_that_cannot_be_read_is_told(
    provision: Provision, monkeypatch: pytest.MonkeyPatch
) -> None:
    provision("up", "--yes")
    describe = Table._describe

    def locked(self: Table, aws: Aws) -> Any:
        return {**(describe(self, aws) or {}), "TableStatus": "INACCESSIBLE_ENCRYPTION_CREDENTIALS"}

    monkeypatch.setattr(Table, "_describe", locked)
    seen = provision("status", "--check")
    assert seen.code == 5
    told = "its status in DynamoDB is INACCESSIBLE_ENCRYPTION_CREDENTIALS"
    assert f"▼ table.items not working  {told}" in seen.out.splitlines()
