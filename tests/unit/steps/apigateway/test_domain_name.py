"""The domain name: the contract, its waits, and foreign mappings that prevent its deletion."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from moto.apigateway.models import APIGatewayBackend, apigateway_backends

from provision.errors import ApiError, NotOwned, WaitTimeout
from provision.model.risks import Impact
from provision.model.step import Replacement, Step
from provision.plan.change import Action
from provision.plan.risks import risks_of
from provision.steps.acm.certificate import Certificate
from provision.steps.apigateway.base_path_mapping import BasePathMapping
from provision.steps.apigateway.domain_name import DomainName
from tests.support.harness import REGION, Workshop, new_aws, one_node
from tests.unit.steps.apigateway.test_usage_plan import make_stages
from tests.unit.steps.contract import StepContract
from tests.unit.steps.route53.test_record import make_zone, write

NAME = "api.example.com"


def make_certificate(*, proved: bool = True, domain: str = NAME) -> str:
    made = Certificate(domain=domain, tags={"team": "a"}).create(new_aws())
    if proved:
        values = [{"Value": made.record_value}]
        write(
            make_zone(domain),
            "CREATE",
            Name=made.record_name,
            Type="CNAME",
            TTL=300,
            ResourceRecords=values,
        )
    return made.arn


def make_domain() -> DomainName:
    return DomainName(name=NAME, certificate=make_certificate(), tags={"team": "a"})


def backend() -> APIGatewayBackend:
    found: APIGatewayBackend = apigateway_backends["123456789012"][REGION]
    return found


class TestDomainName(StepContract):
    fixed_edits = {"name": "www.example.com"}
    drift_only = frozenset({"truststore", "routing"})

    def given(self, aws: Any) -> Step:
        type(self).edits = {
            "certificate": make_certificate(domain="www.example.com"),
            "security_policy": "TLS_1_0",
            "access_mode": "STRICT",
            "tags": {"team": "b", "more": "c"},
        }
        return make_domain()

    def test_replacement_is_thought_about(self, step: Step) -> None:
        """Only the name is fixed, so old and new never share it, unlike in the general test.

        The old one cannot be deleted before the mappings and records that lead to it have moved.
        """
        assert step.REPLACEMENT is Replacement.CREATE_FIRST


def test_it_is_made_regional_with_all_in_one_call(workshop: Workshop) -> None:
    made = workshop.run(one_node(make_domain()), "up").resources["it"]
    assert isinstance(made, DomainName)
    assert workshop.last.writes == ["CreateDomainName"]
    shown = new_aws().apigateway.get_domain_name(domainName=NAME)
    assert shown["endpointConfiguration"]["types"] == ["REGIONAL"]
    assert shown["securityPolicy"] == "TLS_1_2"
    assert (made.target, made.target_zone) == (
        shown["regionalDomainName"],
        shown["regionalHostedZoneId"],
    )


def test_it_waits_for_the_certificate(account: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another node writes the validation record in the meantime (A28, C3)."""
    aws = new_aws()
    certificate = Certificate(domain=NAME, tags={"team": "a"}).create(aws)
    zone_id = make_zone()
    sleep = aws.clock.sleep

    def sleep_and_prove(seconds: float) -> None:
        sleep(seconds)
        values = [{"Value": certificate.record_value}]
        name = certificate.record_name
        write(zone_id, "UPSERT", Name=name, Type="CNAME", TTL=300, ResourceRecords=values)

    monkeypatch.setattr(aws.clock, "sleep", sleep_and_prove)
    DomainName(name=NAME, certificate=certificate.arn, tags={"team": "a"}).create(aws)
    assert NAME in backend().domain_names


def test_a_certificate_that_is_never_proved_ends_the_wait(account: None) -> None:
    arn = make_certificate(proved=False)
    with pytest.raises(WaitTimeout, match="to be issued after 4500 s") as waiting:
        DomainName(name=NAME, certificate=arn, tags={"team": "a"}).create(new_aws())
    assert "dig CNAME" in waiting.value.hint
    assert NAME not in backend().domain_names


def test_a_new_certificate_is_waited_for_too(workshop: Workshop) -> None:
    domain = make_domain()
    workshop.run(one_node(domain), "up")
    unproved = replace(domain, certificate=make_certificate(proved=False, domain="x.example.com"))
    with pytest.raises(WaitTimeout):
        workshop.run(one_node(unproved), "up")
    assert workshop.last.writes == []


def test_certificate_and_policy_change_in_one_call(workshop: Workshop) -> None:
    """UpdateDomainName is allowed once in 30 s (A1)."""
    domain = make_domain()
    workshop.run(one_node(domain), "up")
    other = make_certificate(domain="www.example.com")
    changed = replace(domain, certificate=other, security_policy="TLS_1_0")
    workshop.run(one_node(changed), "up")
    assert workshop.last.writes == ["UpdateDomainName"]


def test_one_that_is_still_coming_is_waited_for(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crashed run may have left it pending (A29)."""
    domain = make_domain()
    workshop.run(one_node(domain), "up")
    states = ["AVAILABLE", "UPDATING", "PENDING", "UPDATING"]
    get = APIGatewayBackend.get_domain_name

    def get_changing(self: Any, name: str) -> Any:
        found = get(self, name)
        found.domain_name_status = states.pop() if len(states) > 1 else states[0]
        return found

    monkeypatch.setattr(APIGatewayBackend, "get_domain_name", get_changing)
    assert workshop.run(one_node(domain), "plan").changes["it"].action is Action.KEEP
    assert states == ["AVAILABLE"]


def test_a_failed_one_is_told_with_its_reason(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    domain = make_domain()
    get = APIGatewayBackend.get_domain_name

    def get_failed(self: Any, name: str) -> Any:
        found = get(self, name)
        found.domain_name_status, found.status_message = "FAILED", "of a whim"
        return found

    monkeypatch.setattr(APIGatewayBackend, "get_domain_name", get_failed)
    with pytest.raises(ApiError, match=r"api\.example\.com is FAILED: of a whim"):
        domain.create(new_aws())


@pytest.mark.usefixtures("one_item_a_page")
def test_it_stays_while_it_leads_to_apis_of_others(workshop: Workshop) -> None:
    """Deleting it would delete the mappings of other stacks (A32)."""
    domain = make_domain()
    workshop.run(one_node(domain), "up")
    api_id, _, stage = make_stages(new_aws().apigateway)[0].partition(":")
    theirs = BasePathMapping(domain=NAME, path="theirs", api_id=api_id, stage=stage)
    theirs.create(new_aws())
    with pytest.raises(NotOwned, match="still leads to APIs of others, at theirs") as refused:
        workshop.run(one_node(domain), "down")
    assert "remove those" in refused.value.hint
    assert NAME in backend().domain_names
    theirs.delete(new_aws())
    workshop.run(one_node(domain), "down")
    assert NAME not in backend().domain_names


@pytest.mark.usefixtures("one_item_a_page")
def test_one_of_another_name_is_found_without_the_state(workshop: Workshop) -> None:
    old = make_domain()
    workshop.run(one_node(old), "up")
    workshop.forget()
    workshop.run(one_node(replace(old, name="www.example.com")), "up")
    shown = new_aws().apigateway.get_domain_names()["items"]
    assert [one["domainName"] for one in shown] == ["www.example.com"]


def test_a_certificate_in_use_waits_for_its_domain(workshop: Workshop) -> None:
    """DeleteCertificate is retried by its error class (C5)."""
    domain = make_domain()
    aws = new_aws()
    domain.create(aws)
    clock, sleep = aws.clock, aws.clock.sleep
    slept: list[float] = []

    def sleep_and_delete(seconds: float) -> None:
        sleep(seconds)
        slept.append(seconds)
        if len(slept) == 3:
            domain.delete(new_aws())

    clock.sleep = sleep_and_delete  # type: ignore[method-assign]  # this clock only
    Certificate(domain=NAME, arn=domain.certificate, tags={"team": "a"}).delete(aws)
    assert len(slept) == 3


def test_mutual_tls_and_rules_that_nobody_declared_are_seen_and_go(workshop: Workshop) -> None:
    wanted = make_domain()
    workshop.run(one_node(wanted), "up")
    gateway = new_aws().apigateway
    gateway.update_domain_name(
        domainName=NAME,
        patchOperations=[
            {"op": "replace", "path": "/routingMode", "value": "ROUTING_RULE_ONLY"},
            {
                "op": "replace",
                "path": "/mutualTlsAuthentication/truststoreUri",
                "value": "s3://theirs/trusted.pem",
            },
        ],
    )
    found = workshop.run(one_node(wanted), "plan").changes["it"]
    assert [diff.field for diff in found.diffs] == ["truststore", "routing"]
    assert [(risk.impact, risk.why) for risk in risks_of(found)] == [
        (Impact.WEAKER, "callers without a certificate are let in")
    ]
    workshop.run(one_node(wanted), "up")
    assert workshop.last.writes == ["UpdateDomainName"]
    shown = gateway.get_domain_name(domainName=NAME)
    assert "mutualTlsAuthentication" not in shown
    assert shown["routingMode"] == "BASE_PATH_MAPPING_ONLY"
