"""Corrections of moto's ACM and Route 53."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import pytest
from moto.acm.exceptions import AWSValidationException
from moto.acm.models import AWSCertificateManagerBackend, CertBundle
from moto.apigateway.models import apigateway_backends
from moto.core.exceptions import JsonRESTError
from moto.route53.exceptions import Route53ClientError
from moto.route53.models import (
    ChangeList,
    FakeZone,
    Route53Backend,
    reverse_domain_name,
    route53_backends,
)
from moto.route53.responses import Route53


def teach(monkeypatch: pytest.MonkeyPatch) -> None:
    """Apply every correction below."""
    teach_requests(monkeypatch)
    teach_validation(monkeypatch)
    teach_use(monkeypatch)
    teach_zones(monkeypatch)
    teach_records(monkeypatch)


def teach_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse tokens with other than word characters (C1); list short RSA keys by default (C6)."""
    request_certificate = AWSCertificateManagerBackend.request_certificate
    list_certificates = AWSCertificateManagerBackend.list_certificates

    def request_certificate_checked(
        self: Any, domain_name: str, idempotency_token: str, *rest: Any, **more: Any
    ) -> str:
        if not re.fullmatch(r"\w{1,32}", idempotency_token):
            raise AWSValidationException(f"1 validation error: {idempotency_token!r}")
        return request_certificate(self, domain_name, idempotency_token, *rest, **more)

    def list_certificates_of_some_keys(self: Any, statuses: Any, includes: Any) -> Iterable[Any]:
        keys = {"keyTypes": ["RSA_1024", "RSA_2048"], **(includes or {})}
        return list_certificates(self, statuses, keys)

    backend = AWSCertificateManagerBackend
    monkeypatch.setattr(backend, "request_certificate", request_certificate_checked)
    monkeypatch.setattr(backend, "list_certificates", list_certificates_of_some_keys)


def teach_validation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Issue a certificate by its validation record (C3); moto does so after a minute."""

    def check(self: Any) -> None:
        if self.status != "PENDING_VALIDATION":
            return
        records = {
            (record["Name"], record["Value"])
            for option in self.describe()["Certificate"]["DomainValidationOptions"]
            for record in [option["ResourceRecord"]]
        }
        account = self.arn.split(":")[4]
        written = {
            (record.name, value)
            for zone in route53_backends[account]["aws"].zones.values()
            for record in zone.rrsets
            if record.type == "CNAME"
            for value in record.records
        }
        if records <= written:
            self.status = "ISSUED"

    monkeypatch.setattr(CertBundle, "check", check)


def teach_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse to delete a certificate in use (C5)."""
    delete_certificate = AWSCertificateManagerBackend.delete_certificate

    def delete_certificate_unless_used(self: Any, arn: str) -> None:
        domains = apigateway_backends[self.account_id][self.region_name].domain_names.values()
        if any(domain.regional_certificate_arn == arn for domain in domains):
            raise JsonRESTError(
                "ResourceInUseException",
                f"Certificate {arn} in account {self.account_id} is in use.",
            )
        delete_certificate(self, arn)

    monkeypatch.setattr(
        AWSCertificateManagerBackend, "delete_certificate", delete_certificate_unless_used
    )


def teach_zones(monkeypatch: pytest.MonkeyPatch) -> None:
    """List all zones from a name on, by reversed labels; moto lists only that name."""

    def list_hosted_zones_by_name(self: Any, dnsname: str | None) -> tuple[str | None, list[Any]]:
        start = reverse_domain_name(dnsname or "")
        zones = sorted(self.zones.values(), key=lambda zone: reverse_domain_name(zone.name))
        return dnsname, [zone for zone in zones if reverse_domain_name(zone.name) >= start]

    monkeypatch.setattr(Route53Backend, "list_hosted_zones_by_name", list_hosted_zones_by_name)


def teach_records(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make records behave as in AWS.

    In moto, names stay as written (R5), CREATE overwrites and refuses a deleted record (R2), DELETE
    accepts other values and missing records (R3), a change is complete at once (R4), and a CNAME is
    possible next to other records of its name.

    https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html#CNAMEFormat
    https://github.com/hashicorp/terraform/issues/9732
    https://github.com/ansible-collections/amazon.aws/issues/2694
    """
    change_resource_record_sets = Route53Backend.change_resource_record_sets
    get_record_sets = FakeZone.get_record_sets
    respond = Route53.change_resource_record_sets

    def get_record_sets_from(self: Any, start_type: str, start_name: str) -> Any:
        return get_record_sets(self, start_type, start_name and _as_shown(start_name))

    def change_checked(self: Any, zoneid: str, change_list: list[dict[str, Any]]) -> None:
        zone = self.get_hosted_zone(zoneid)
        for change in change_list:
            wanted = change["ResourceRecordSet"]
            wanted["Name"] = _as_shown(wanted["Name"])
            _check_change(zone, change["Action"], wanted)
        change_resource_record_sets(self, zoneid, change_list)

    def respond_pending(self: Any) -> Any:
        answer = respond(self)
        result: Any = answer.result
        result["ChangeInfo"]["Status"] = "PENDING"
        return answer

    monkeypatch.setattr(ChangeList, "__contains__", lambda *_: False)  # `_check_change` knows
    monkeypatch.setattr(FakeZone, "get_record_sets", get_record_sets_from)
    monkeypatch.setattr(Route53Backend, "change_resource_record_sets", change_checked)
    monkeypatch.setattr(Route53, "change_resource_record_sets", respond_pending)


def _as_shown(name: str) -> str:
    return name.lower().rstrip(".").replace("*", "\\052") + "."


def _check_change(zone: FakeZone, action: str, wanted: dict[str, Any]) -> None:
    place = (wanted["Name"], wanted["Type"], wanted.get("SetIdentifier"))
    name = f"[name='{wanted['Name']}', type='{wanted['Type']}']"
    found = next((r for r in zone.rrsets if (r.name, r.type, r.set_identifier) == place), None)
    if action == "CREATE" and found:
        raise Route53ClientError(
            "InvalidChangeBatch",
            f"[Tried to create resource record set {name} but it already exists]",
        )
    if action != "DELETE":
        _check_alone(zone, wanted)
    if action == "DELETE" and found is None:
        raise Route53ClientError(
            "InvalidChangeBatch",
            f"[Tried to delete resource record set {name} but it was not found]",
        )
    values = [record["Value"] for record in wanted.get("ResourceRecords", [])]
    if (
        action == "DELETE"
        and found
        and (found.ttl, found.records, found.alias_target)
        != (wanted.get("TTL"), values, wanted.get("AliasTarget"))
    ):
        raise Route53ClientError(
            "InvalidChangeBatch",
            f"[Tried to delete resource record set {name} but the values provided do not match "
            "the current values]",
        )


def _check_alone(zone: FakeZone, wanted: dict[str, Any]) -> None:
    """Raise unless a CNAME is the only type of its name."""
    others = {one.type for one in zone.rrsets if one.name == wanted["Name"]} - {wanted["Type"]}
    set_of = f"RRSet of type {wanted['Type']} with DNS name {wanted['Name']} is not permitted"
    if "CNAME" in others:
        raise Route53ClientError(
            "InvalidChangeBatch",
            f"[{set_of} because a conflicting RRSet of type CNAME with the same DNS name already "
            f"exists in zone {zone.name}]",
        )
    if wanted["Type"] == "CNAME" and others:
        raise Route53ClientError(
            "InvalidChangeBatch",
            f"[{set_of} as it conflicts with other records with the same DNS name in zone "
            f"{zone.name}]",
        )
