"""The stack's prerequisites are checked before anything is created, and stop nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from provision.engine.engine import Engine
from provision.errors import ApiError, PrerequisiteMissing
from provision.model.step import Step
from provision.state.journal import Journal
from provision.steps import KINDS
from provision.steps.apigateway.domain_name import DomainName
from provision.workflows.prerequisites import check_prerequisites
from tests.integration.removal.conftest import Provision, home, provision
from tests.integration.test_cli import CONFIG
from tests.support.harness import HOLDER, Recorder, Workshop, new_aws, one_node
from tests.unit.steps.apigateway.test_domain_name import make_certificate
from tests.unit.steps.route53.test_record import ALIAS, listed, make_zone

__all__ = ["home", "provision"]

FOREIGN = "arn:aws:acm:us-east-1:123456789012:certificate/none"


def seen_by_a_plan(workshop: Workshop, step: Step) -> None:
    stack = one_node(step)
    aws = workshop.connect(Recorder())
    journal = Journal(workshop.directory, stack.name, KINDS, stack.moved).open(HOLDER)
    try:
        engine = Engine(stack, aws, journal)
        with aws.reading():
            check_prerequisites(engine, engine.plan(workers=1))
    finally:
        journal.close()


def domain(certificate: str) -> DomainName:
    return DomainName(name="api.example.com", certificate=certificate, tags={})


def test_a_plan_tells_that_there_is_no_zone(workshop: Workshop) -> None:
    with pytest.raises(
        PrerequisiteMissing, match=r"it: this account has no public hosted zone example\.com"
    ):
        seen_by_a_plan(workshop, ALIAS)


def test_a_plan_tells_that_there_is_no_such_certificate(workshop: Workshop) -> None:
    with pytest.raises(ApiError, match="it: there is no certificate"):
        seen_by_a_plan(workshop, domain(FOREIGN))


def test_a_plan_tells_that_a_certificate_is_for_other_names(workshop: Workshop) -> None:
    other = make_certificate(domain="www.example.org")
    with pytest.raises(ApiError, match=r"is for www\.example\.org, not for api\.example\.com"):
        seen_by_a_plan(workshop, domain(other))
    seen_by_a_plan(workshop, domain(make_certificate(proved=False, domain="*.example.com")))


def test_what_no_node_needs_now_hinders_no_plan(workshop: Workshop) -> None:
    zone = make_zone()
    workshop.run(one_node(ALIAS), "up")
    new_aws().route53.create_hosted_zone(Name="example.com", CallerReference="second")
    seen_by_a_plan(workshop, ALIAS)
    assert list(listed(zone)) == ["api.example.com."]


def test_a_disabled_key_stops_only_what_makes(
    account: None, home: Path, provision: Provision
) -> None:
    kms = new_aws().kms
    made = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName="alias/our", TargetKeyId=made["KeyId"])
    settings = {**CONFIG, "encryption": {"key": "alias/our"}}
    (home / "config.yaml").write_text(yaml.safe_dump(settings, sort_keys=False))
    assert provision("up", "--yes").code == 0
    kms.disable_key(KeyId=made["KeyId"])
    for words in (("plan",), ("up", "--yes")):
        refused = provision(*words)
        assert refused.code == 1
        assert "the key alias/our cannot encrypt" in refused.err
    for words in (("status",), ("outputs",), ("keys", "list"), ("refresh",), ("down", "--yes")):
        gone_on = provision(*words)
        assert gone_on.code == 0, gone_on.err
        assert "continuing with what is recorded" in gone_on.err
