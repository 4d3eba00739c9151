"""Adds the API's custom domain: certificate and its validation record, domain name, DNS record."""

from __future__ import annotations

from provision.config import CustomDomain
from provision.model.stack import Node, Stack
from provision.stack.inputs import StackInputs
from provision.steps.acm.certificate import Certificate
from provision.steps.apigateway.base_path_mapping import BasePathMapping
from provision.steps.apigateway.domain_name import DomainName
from provision.steps.apigateway.stage import Stage
from provision.steps.apigateway.tls import access_mode
from provision.steps.route53.record import RecordSet

PROOF_TTL = 300
"""The seconds that resolvers keep the certificate's validation record."""


def add_domain(stack: Stack, inputs: StackInputs, stage: Node[Stage]) -> None:
    wanted = inputs.config.api.domain
    assert wanted is not None
    domain = _add_domain_name(stack, inputs, wanted)
    stack.add(
        "api.domain.mapping",
        lambda get: BasePathMapping(
            domain=get(domain).name, api_id=get(stage).api_id, stage=get(stage).name
        ),
        needs=[domain, stage],
    )
    stack.add(
        "api.domain.record",
        lambda get: RecordSet(
            zone=wanted.zone,
            name=get(domain).name,
            type="A",
            alias_target=get(domain).target,
            alias_zone=get(domain).target_zone,
        ),
        needs=[domain],
    )


def _add_domain_name(stack: Stack, inputs: StackInputs, wanted: CustomDomain) -> Node[DomainName]:
    if given := wanted.certificate:
        return stack.add("api.domain", lambda _: _domain_name(inputs, wanted, given))
    certificate = stack.add(
        "api.certificate", lambda _: Certificate(domain=wanted.name, tags=inputs.tags)
    )
    proof = stack.add(
        "api.certificate.proof",
        lambda get: RecordSet(
            zone=wanted.zone,
            name=get(certificate).record_name,
            type="CNAME",
            values=(get(certificate).record_value,),
            ttl=PROOF_TTL,
        ),
        needs=[certificate],
    )
    return stack.add(
        "api.domain",
        lambda get: _domain_name(inputs, wanted, get(certificate).arn),
        needs=[certificate],
        after=[proof],
    )


def _domain_name(inputs: StackInputs, wanted: CustomDomain, certificate: str) -> DomainName:
    policy = inputs.config.api.tls
    return DomainName(
        name=wanted.name,
        certificate=certificate,
        security_policy=policy,
        access_mode=access_mode(policy),
        tags=inputs.tags,
    )
