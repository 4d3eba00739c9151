"""Drift of the domain, its certificate and DNS records, by another client's calls."""

from __future__ import annotations

from typing import Any, Final

from provision.aws.client import Aws
from provision.steps.acm.certificate import Certificate
from provision.steps.apigateway.base_path_mapping import BasePathMapping
from provision.steps.apigateway.domain_name import DomainName
from provision.steps.route53.record import RecordSet
from tests.conformance.drift.case import GONE, Case
from tests.conformance.drift.edits import STRAY, patched


def tag(aws: Aws, domain: DomainName) -> None:
    """TagResource: a tag more"""
    arn = aws.location.arn("apigateway", f"/domainnames/{domain.name}", account=False)
    aws.apigateway.tag_resource(resourceArn=arn, tags={STRAY: "theirs"})


def old_tls(aws: Aws, domain: DomainName) -> None:
    """UpdateDomainName: TLS 1.0"""
    aws.apigateway.update_domain_name(
        domainName=domain.name, patchOperations=patched("/securityPolicy", "TLS_1_0")
    )


def newer_tls(aws: Aws, domain: DomainName) -> None:
    """UpdateDomainName: TLS 1.3 alone, and strict access"""
    aws.apigateway.update_domain_name(
        domainName=domain.name,
        patchOperations=[
            *patched("/securityPolicy", "SecurityPolicy_TLS13_1_3_2025_09"),
            *patched("/endpointAccessMode", "STRICT"),
        ],
    )


def ask_callers(aws: Aws, domain: DomainName) -> None:
    """UpdateDomainName: mutual TLS"""
    path, value = "/mutualTlsAuthentication/truststoreUri", "s3://theirs/trusted.pem"
    aws.apigateway.update_domain_name(domainName=domain.name, patchOperations=patched(path, value))


def route_by_rules(aws: Aws, domain: DomainName) -> None:
    """UpdateDomainName: routing rules before mappings"""
    mode = "ROUTING_RULE_THEN_BASE_PATH_MAPPING"
    aws.apigateway.update_domain_name(
        domainName=domain.name, patchOperations=patched("/routingMode", mode)
    )


def another_certificate(aws: Aws, domain: DomainName) -> None:
    """UpdateDomainName: a certificate of theirs"""
    made = aws.acm.request_certificate(
        DomainName=domain.name, ValidationMethod="DNS", IdempotencyToken="theirs"
    )
    aws.acm.get_waiter("certificate_validated").wait(
        CertificateArn=made["CertificateArn"], WaiterConfig={"Delay": 0}
    )  # by the record that proves ours
    aws.apigateway.update_domain_name(
        domainName=domain.name,
        patchOperations=patched("/regionalCertificateArn", made["CertificateArn"]),
    )


def tag_certificate(aws: Aws, certificate: Certificate) -> None:
    """AddTagsToCertificate: a tag more"""
    aws.acm.add_tags_to_certificate(
        CertificateArn=certificate.arn, Tags=[{"Key": STRAY, "Value": "theirs"}]
    )


def another_stage(aws: Aws, mapping: BasePathMapping) -> None:
    """CreateStage of theirs, UpdateBasePathMapping to it"""
    api = mapping.api_id
    served = aws.apigateway.get_stage(restApiId=api, stageName="v1")["deploymentId"]
    aws.apigateway.create_stage(restApiId=api, stageName="other", deploymentId=served)
    aws.apigateway.update_base_path_mapping(
        domainName=mapping.domain,
        basePath=mapping.path,
        patchOperations=patched("/stage", "other"),
    )


def another_api(aws: Aws, mapping: BasePathMapping) -> None:
    """UpdateBasePathMapping: to an API of theirs"""
    api = aws.apigateway.create_rest_api(name="theirs")
    place: Any = {
        "restApiId": api["id"],
        "resourceId": api["rootResourceId"],
        "httpMethod": "GET",
    }
    aws.apigateway.put_method(**place, authorizationType="NONE")
    aws.apigateway.put_integration(**place, type="MOCK")
    aws.apigateway.create_deployment(restApiId=api["id"], stageName="v1")
    aws.apigateway.update_base_path_mapping(
        domainName=mapping.domain,
        basePath=mapping.path,
        patchOperations=patched("/restapiId", api["id"]),
    )


def unmap(aws: Aws, mapping: BasePathMapping) -> None:
    """DeleteBasePathMapping"""
    aws.apigateway.delete_base_path_mapping(domainName=mapping.domain, basePath=mapping.path)


def shorter(aws: Aws, record: RecordSet) -> None:
    """ChangeResourceRecordSets: known for a minute only"""
    _upsert(aws, record, TTL=60)


def another_proof(aws: Aws, record: RecordSet) -> None:
    """ChangeResourceRecordSets: another value"""
    _upsert(aws, record, ResourceRecords=[{"Value": "theirs.example.com."}])


def lead_elsewhere(aws: Aws, record: RecordSet) -> None:
    """ChangeResourceRecordSets: to an address of theirs"""
    found = _listed(aws, record)
    _upsert(aws, record, AliasTarget={**found["AliasTarget"], "DNSName": "theirs.example.com."})


def in_another_zone(aws: Aws, record: RecordSet) -> None:
    """ChangeResourceRecordSets: to an alias in another zone of AWS's"""
    found = _listed(aws, record)
    target = {**found["AliasTarget"], "HostedZoneId": "Z3AADJGX6KTTL2"}
    _upsert(aws, record, AliasTarget=target)


def remove(aws: Aws, record: RecordSet) -> None:
    """ChangeResourceRecordSets: DELETE"""
    _change(aws, record, "DELETE", _listed(aws, record))


def _upsert(aws: Aws, record: RecordSet, **other: Any) -> None:
    _change(aws, record, "UPSERT", {**_listed(aws, record), **other})


def _change(aws: Aws, record: RecordSet, action: Any, asked: Any) -> None:
    aws.route53.change_resource_record_sets(
        HostedZoneId=_zone(aws, record),
        ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": asked}]},
    )


def _zone(aws: Aws, record: RecordSet) -> str:
    zones = aws.route53.list_hosted_zones_by_name(DNSName=record.zone)["HostedZones"]
    return zones[0]["Id"].removeprefix("/hostedzone/")


def _listed(aws: Aws, record: RecordSet) -> Any:
    name = record.name.lower().rstrip(".")
    found = aws.route53.list_resource_record_sets(HostedZoneId=_zone(aws, record))
    (one,) = (
        each
        for each in found["ResourceRecordSets"]
        if each["Name"].rstrip(".") == name and each["Type"] == record.type
    )
    return one


DOMAIN: Final = "api.domain"
CERTIFICATE: Final = "api.certificate"
MAPPING: Final = "api.domain.mapping"
PROOF: Final = "api.certificate.proof"
RECORD: Final = "api.domain.record"

CASES: Final = (
    Case(DOMAIN, "tags", tag),
    Case(DOMAIN, "security_policy", old_tls),
    Case(DOMAIN, "access_mode", newer_tls, ("api.domain security_policy",)),
    Case(DOMAIN, "truststore", ask_callers),
    Case(DOMAIN, "routing", route_by_rules),
    Case(DOMAIN, "certificate", another_certificate),
    Case(CERTIFICATE, "tags", tag_certificate),
    Case(MAPPING, "stage", another_stage),
    Case(MAPPING, "api_id", another_api, others=True),
    Case(MAPPING, GONE, unmap, alone=True),
    Case(PROOF, "ttl", shorter),
    Case(PROOF, "values", another_proof, others=True, blocks=(DOMAIN, MAPPING, RECORD)),
    Case(PROOF, GONE, remove, alone=True),
    Case(RECORD, "alias_target", lead_elsewhere, others=True),
    Case(RECORD, "alias_zone", in_another_zone, others=True),
    Case(RECORD, GONE, remove, alone=True),
)

_PLACE: Final = "It is where it is looked for: a record elsewhere is another record."

REASONS: Final = {
    "acm.certificate": {
        "domain": "A certificate's domain cannot change.",
        "usable": "Only ACM sets it, for a certificate that it will not issue or renew.",
    },
    "apigateway.domain": {"name": "A domain name cannot be renamed."},
    "apigateway.base_path": {
        "domain": "A mapping belongs to its domain.",
        "path": "Under another path it is another mapping, and ours is gone.",
    },
    "route53.record": {"zone": _PLACE, "name": _PLACE, "type": _PLACE},
}
