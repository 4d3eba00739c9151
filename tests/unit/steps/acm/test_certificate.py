"""The certificate: the contract, how it is found, and replacing one that cannot be issued."""

from __future__ import annotations

from typing import Any

import pytest
from moto.acm.models import AWSCertificateManagerBackend, CertBundle, acm_backends

from provision.errors import ApiError, WaitTimeout
from provision.model.step import OWNER, Step
from provision.plan.change import Action
from provision.steps.acm.certificate import Certificate
from provision.steps.acm.reading import wait_until_issued
from tests.support.harness import REGION, Workshop, new_aws, one_node
from tests.support.virtual_clock import VirtualClock
from tests.unit.steps.contract import StepContract

CERTIFICATE = Certificate(domain="api.example.com", tags={"team": "a"})


class TestCertificate(StepContract):
    edits = {"tags": {"team": "b", "more": "c"}}
    fixed_edits = {"domain": "www.example.com"}

    def given(self, aws: Any) -> Step:
        return CERTIFICATE


def made(workshop: Workshop) -> Certificate:
    step = workshop.run(one_node(CERTIFICATE), "up").resources["it"]
    assert isinstance(step, Certificate)
    return step


def bundle(arn: str) -> CertBundle:
    backend: AWSCertificateManagerBackend = acm_backends["123456789012"][REGION]
    certificate: CertBundle = backend._certificates[arn]
    return certificate


def test_create_waits_for_the_validation_record(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record appears some seconds after the certificate (C2)."""
    describe = CertBundle.describe
    asked: list[str] = []

    def describe_late(self: Any) -> Any:
        answer = describe(self)
        asked.append(self.arn)
        if len(asked) < 20:
            for option in answer["Certificate"]["DomainValidationOptions"]:
                option.pop("ResourceRecord", None)
        return answer

    monkeypatch.setattr(CertBundle, "check", lambda self: None)
    monkeypatch.setattr(CertBundle, "describe", describe_late)
    step = made(workshop)
    assert step.record_name.endswith(".api.example.com.")
    assert step.record_value.endswith(".acm-validations.aws.")


def test_found_by_tag_among_others_of_the_domain(workshop: Workshop) -> None:
    aws = new_aws().acm
    aws.request_certificate(DomainName=CERTIFICATE.domain, IdempotencyToken="a")
    others: Any = [{"Key": OWNER, "Value": "other-dev/it"}]
    aws.request_certificate(DomainName=CERTIFICATE.domain, IdempotencyToken="b", Tags=others)
    ours: Any = [{"Key": OWNER, "Value": "tap-dev/it"}]
    aws.request_certificate(DomainName="www.example.com", IdempotencyToken="c", Tags=ours)
    step = made(workshop)
    assert step.domain == CERTIFICATE.domain
    # The certificate of the former domain is no longer needed.
    assert workshop.last.writes == ["RequestCertificate", "DeleteCertificate"]
    workshop.forget()
    assert made(workshop) == step
    assert workshop.last.writes == []
    workshop.run(one_node(CERTIFICATE), "down")
    keys: Any = {"keyTypes": ["RSA_2048"]}
    assert len(aws.list_certificates(Includes=keys)["CertificateSummaryList"]) == 2


def test_the_list_is_asked_for_every_key_type(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By default it shows only short RSA ones (C6)."""
    step = made(workshop)
    describe = CertBundle.describe

    def describe_elliptic(self: Any) -> Any:
        answer = describe(self)
        answer["Certificate"]["KeyAlgorithm"] = "EC_secp384r1"
        return answer

    monkeypatch.setattr(CertBundle, "describe", describe_elliptic)
    workshop.forget()
    assert made(workshop).arn == step.arn


@pytest.mark.parametrize("status", ["FAILED", "VALIDATION_TIMED_OUT", "REVOKED", "EXPIRED"])
def test_one_that_cannot_be_issued_is_replaced(workshop: Workshop, status: str) -> None:
    """It is replaced once; the new one is requested before the old is deleted (C3)."""
    step = made(workshop)
    bundle(step.arn).status = status
    finding = workshop.run(one_node(CERTIFICATE), "up").changes["it"]
    assert finding.action is Action.REPLACE
    assert [diff.field for diff in finding.diffs] == ["usable"]
    assert workshop.last.writes == ["RequestCertificate", "DeleteCertificate"]
    assert made(workshop).arn != step.arn
    assert workshop.last.writes == []


def test_without_state_the_live_one_of_two_is_found(workshop: Workshop) -> None:
    """An interrupted replacement leaves both, with the same tag."""
    arns = [made(workshop).arn]
    acm = new_aws().acm
    tags: Any = [{"Key": OWNER, "Value": "tap-dev/it"}, {"Key": "team", "Value": "a"}]
    for token in ("a", "b"):
        twin = acm.request_certificate(
            DomainName=CERTIFICATE.domain, IdempotencyToken=token, Tags=tags
        )
        arns.append(twin["CertificateArn"])
    *dead, alive = sorted(arns)
    for arn in dead:
        bundle(arn).status = "FAILED"
    workshop.forget()
    assert made(workshop).arn == alive


def test_a_new_one_may_be_invisible_for_a_while(account: None) -> None:
    """NotFound for a new certificate is retried (C2)."""
    aws = new_aws()
    assert CERTIFICATE.create(aws).arn in aws.new_ids


def test_a_refusal_is_told_with_its_reason(account: None, monkeypatch: pytest.MonkeyPatch) -> None:
    aws = new_aws()
    step = CERTIFICATE.create(aws)
    bundle(step.arn).status = "FAILED"
    describe = CertBundle.describe

    def describe_failed(self: Any) -> Any:
        answer = describe(self)
        answer["Certificate"]["FailureReason"] = "CAA_ERROR"
        return answer

    monkeypatch.setattr(CertBundle, "describe", describe_failed)
    with pytest.raises(ApiError, match=r"api\.example\.com: FAILED \(CAA_ERROR\)") as refused:
        wait_until_issued(aws, step.arn)
    assert "provision up" in refused.value.hint


def test_waiting_for_the_issue_ends_with_what_to_check(account: None) -> None:
    aws = new_aws()
    step = CERTIFICATE.create(aws)
    with pytest.raises(WaitTimeout, match="to be issued after 4500 s") as waiting:
        wait_until_issued(aws, step.arn)
    assert f"dig CNAME {step.record_name}" in waiting.value.hint
    assert isinstance(aws.clock, VirtualClock)
    assert max(aws.clock.slept) <= 10


def test_a_certificate_that_is_not_there_is_told_at_once(account: None) -> None:
    aws = new_aws()
    arn = aws.location.arn("acm", "certificate/00000000-0000-0000-0000-000000000000")
    with pytest.raises(ApiError, match=r"no certificate .* in this region"):
        wait_until_issued(aws, arn)
