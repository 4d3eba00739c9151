"""ACM's laws: a naive client fails under each, our certificate does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from provision.model.stack import Stack
from provision.plan.change import Action
from provision.steps.acm.certificate import Certificate
from provision.steps.apigateway.domain_name import DomainName
from provision.steps.route53.record import RecordSet
from tests.faults.aws_behaviours.conftest import Session, naive
from tests.faults.aws_behaviours.frame import Court
from tests.faults.aws_behaviours.harness import SEEDS, LosesOnce, patient, under
from tests.faults.aws_behaviours.rules import acm as laws
from tests.support.harness import Died, Recorder, Where, one_node
from tests.unit.steps.route53.test_record import make_zone

CERTIFICATE = Certificate(domain="api.example.com", tags={"team": "a"})


def request(court: Court, token: str = "one") -> tuple[Any, str]:  # noqa: S107
    """Return a plain client, and the certificate it requested."""
    client = naive(court, "acm")
    made = client.request_certificate(
        DomainName="api.example.com", ValidationMethod="DNS", IdempotencyToken=token
    )
    return client, made["CertificateArn"]


def served(certificate: Certificate = CERTIFICATE) -> Stack:
    """Return a stack of a domain, its certificate and the validation record."""
    stack = Stack("tap-dev")
    needed = stack.add("certificate", lambda _: certificate)
    proof = stack.add(
        "proof",
        lambda get: RecordSet(
            zone="example.com",
            name=get(needed).record_name,
            type="CNAME",
            values=(get(needed).record_value,),
            ttl=300,
        ),
        needs=[needed],
    )
    stack.add(
        "domain",
        lambda get: DomainName(name="api.example.com", certificate=get(needed).arn, tags={}),
        needs=[needed],
        after=[proof],
    )
    return stack


def arns(court: Court) -> list[str]:
    listed = naive(court, "acm").list_certificates()["CertificateSummaryList"]
    return [summary["CertificateArn"] for summary in listed]


def test_c1_a_token_stands_for_a_deleted_certificate(court: Session, tmp_path: Path) -> None:
    held = court(laws.TokensAreRemembered(), LosesOnce("RequestCertificate"))
    shop = under(held, tmp_path)
    shop.up(CERTIFICATE)
    assert len(arns(held)) == 1, "the lost answer was asked for again, with the same token"
    shop.down(CERTIFICATE)
    shop.up(CERTIFICATE)
    shop.stays(CERTIFICATE)

    client, arn = request(held)
    client.delete_certificate(CertificateArn=arn)
    assert request(held)[1] == arn
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        client.describe_certificate(CertificateArn=arn)
    with pytest.raises(ClientError, match="idempotencyToken"):
        request(held, "tap-dev")


@pytest.mark.parametrize("seed", SEEDS)
def test_c2_the_record_comes_late(court: Session, tmp_path: Path, seed: int) -> None:
    held = court(laws.RecordComesLate(), seed=seed)
    client, arn = request(held)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        client.describe_certificate(CertificateArn=arn)
    while True:
        try:
            shown = client.describe_certificate(CertificateArn=arn)["Certificate"]
            break
        except ClientError:
            held.clock.sleep(0.5)
    assert "ResourceRecord" not in shown["DomainValidationOptions"][0]
    shop = under(held, tmp_path)
    made = shop.up(CERTIFICATE, within=60)
    assert isinstance(made, Certificate)
    assert made.record_name
    shop.stays(CERTIFICATE)


@pytest.mark.parametrize("seed", SEEDS)
def test_c2_a_run_right_after_one_cut_short_asks_for_no_second(
    court: Session, tmp_path: Path, seed: int
) -> None:
    held = court(laws.RecordComesLate(), seed=seed)
    shop = under(held, tmp_path)
    with pytest.raises(Died):
        shop.run(one_node(CERTIFICATE), "up", recorder=Recorder(die=(Where.AFTER, 1)))
    shop.up(CERTIFICATE, within=60)
    assert len(arns(held)) == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_c3_issuing_takes_half_an_hour(court: Session, tmp_path: Path, seed: int) -> None:
    held = court(laws.IssuedWhenProved(), seed=seed)
    make_zone()
    client, arn = request(held)
    with pytest.raises(WaiterError):
        client.get_waiter("certificate_validated").wait(
            CertificateArn=arn, WaiterConfig={"Delay": 0, "MaxAttempts": 5}
        )
    began, before = held.clock.now(), len(held.sent)
    shop = under(held, tmp_path)
    shop.run(served(), "up")
    assert 60 <= held.clock.now() - began <= 1900
    patient(held.sent[before:])
    again = shop.run(served(), "up")
    assert {finding.action for finding in again.changes.values()} == {Action.KEEP}


@pytest.mark.parametrize("seed", SEEDS)
def test_c5_in_use_lingers_after_the_domain(court: Session, tmp_path: Path, seed: int) -> None:
    held = court(laws.InUseLingers(), seed=seed)
    make_zone()
    shop = under(held, tmp_path)
    shop.run(served(), "up")
    (arn,) = arns(held)
    with pytest.raises(ClientError, match="ResourceInUseException"):
        naive(held, "acm").delete_certificate(CertificateArn=arn)
    began, before = held.clock.now(), len(held.sent)
    shop.run(served(), "down")
    assert arns(held) == []
    assert 30 <= held.clock.now() - began <= 1150
    patient(held.sent[before:])


@pytest.mark.parametrize("seed", SEEDS)
def test_a_certificate_lives_under_all_of_them(court: Session, tmp_path: Path, seed: int) -> None:
    held = court(*(law() for law in laws.LAWS), seed=seed)
    make_zone()
    shop = under(held, tmp_path)
    shop.run(served(), "up")
    moved = served(replace(CERTIFICATE, tags={"team": "b"}))
    shop.run(moved, "up")
    shop.run(moved, "down")
    patient(held.sent)
    assert arns(held) == []
    shop.run(served(), "up")
