"""Laws of API Gateway's domain names: a naive client fails under each, ours does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from provision.model.step import Step
from provision.steps.apigateway.base_path_mapping import BasePathMapping
from provision.steps.apigateway.domain_name import DomainName
from provision.steps.apigateway.rest_api.api import RestApi
from tests.faults.aws_behaviours.conftest import Session, naive
from tests.faults.aws_behaviours.frame import Court
from tests.faults.aws_behaviours.harness import LosesOnce, under
from tests.faults.aws_behaviours.rules import domains as laws
from tests.support.harness import empty
from tests.unit.steps.apigateway.test_domain_name import make_certificate, make_domain
from tests.unit.steps.apigateway.test_usage_plan import make_stages

OTHER = "www.example.com"


def by_hand(held: Court) -> tuple[Any, str]:
    """Return a naive client, its domain name, and an API with the stages v1 and v2."""
    client = naive(held, "apigateway")
    other = make_certificate(domain=OTHER)
    naive(held, "acm").describe_certificate(CertificateArn=other)  # else moto never issues it
    client.create_domain_name(domainName=OTHER, regionalCertificateArn=other)
    return client, make_stages(client)[0].partition(":")[0]


def lives(held: Court, directory: Path, domain: DomainName, api: str, row: str) -> None:
    """Create, change and delete our domain and mapping."""
    shop = under(held, directory)

    def stack(stage: str, policy: str) -> Any:
        made = empty()
        named = made.add("domain", lambda _: replace(domain, security_policy=policy))
        made.add(
            "mapping",
            lambda get: BasePathMapping(domain=get(named).name, api_id=api, stage=stage),
            needs=[named],
        )
        return made

    shop.run(stack("v1", "TLS_1_2"), "up")
    shop.run(stack("v2", "TLS_1_0"), "up")
    shop.run(stack("v2", "TLS_1_0"), "up")
    assert shop.last.writes == []
    shop.run(stack("v2", "TLS_1_0"), "down")
    left: list[Step | None] = [domain.observe(shop.connect(shop.last))]
    assert left == [None]


def test_a28_a_certificate_has_to_be_issued_and_of_here(court: Session, tmp_path: Path) -> None:
    law = laws.CertificateMustServe()
    held = court(law)
    domain, client = make_domain(), naive(held, "apigateway")
    elsewhere = domain.certificate.replace("us-east-1", "eu-west-1")
    with pytest.raises(ClientError, match="Certificate must be in 'us-east-1'"):
        client.create_domain_name(domainName=OTHER, regionalCertificateArn=elsewhere)
    asked = naive(held, "acm").request_certificate(DomainName=OTHER, IdempotencyToken="x")
    naive(held, "acm").describe_certificate(CertificateArn=asked["CertificateArn"])
    with pytest.raises(ClientError, match="Certificate must be issued"):
        client.create_domain_name(domainName=OTHER, regionalCertificateArn=asked["CertificateArn"])
    under(held, tmp_path).up(domain)
    assert len(held.refused("A28")) == 2


def test_a29_a_domain_takes_minutes(court: Session, tmp_path: Path) -> None:
    held = court(laws.DomainTakesMinutes())
    domain = make_domain()
    client, api = by_hand(held)
    with pytest.raises(ClientError, match="being updated"):
        client.update_domain_name(
            domainName=OTHER,
            patchOperations=[{"op": "replace", "path": "/securityPolicy", "value": "TLS_1_0"}],
        )
    lives(held, tmp_path, domain, api, "A29")
    assert len(held.refused("A29")) == 1


def test_a30_a_mapping_needs_a_moment(court: Session, tmp_path: Path) -> None:
    held = court(laws.MappingNeedsAMoment())
    domain = make_domain()
    client, api = by_hand(held)
    mapping = {"domainName": OTHER, "restApiId": api, "stage": "v1"}
    with pytest.raises(ClientError, match="BadRequestException"):
        client.create_base_path_mapping(**mapping)
    held.clock.sleep(30)
    with pytest.raises(ClientError, match="doesn't support the slash character"):
        client.create_base_path_mapping(**mapping, basePath="a/b")
    client.create_base_path_mapping(**mapping)
    with pytest.raises(ClientError, match="Base path already exists for this domain name"):
        client.create_base_path_mapping(**mapping)
    lives(held, tmp_path, domain, api, "A30")


def test_a30_a_mapping_whose_answer_was_lost_is_found(court: Session, tmp_path: Path) -> None:
    held = court(laws.MappingNeedsAMoment(), LosesOnce("CreateBasePathMapping"))
    domain = make_domain()
    api = make_stages(naive(held, "apigateway"))[0].partition(":")[0]
    lives(held, tmp_path, domain, api, "A30")


def test_a31_an_api_that_is_led_to_stays(court: Session, tmp_path: Path) -> None:
    held = court(laws.MappingsHoldApis())
    domain = make_domain()
    client, api = by_hand(held)
    client.create_base_path_mapping(domainName=OTHER, restApiId=api, stage="v1")
    with pytest.raises(ClientError, match=f"remove all base path mappings .*: {OTHER}"):
        client.delete_rest_api(restApiId=api)
    shop, stack = under(held, tmp_path), empty()
    named = stack.add("domain", lambda _: domain)
    made = stack.add("api", lambda _: RestApi(name="tap-dev", routes=(), models={}, tags={}))
    stack.add(
        "mapping",
        lambda get: BasePathMapping(domain=get(named).name, api_id=get(made).id, stage=""),
        needs=[named, made],
    )
    shop.run(stack, "up")
    shop.run(stack, "down")
    assert len(held.refused("A31")) == 1
    assert [one["id"] for one in client.get_rest_apis()["items"]] == [api]
