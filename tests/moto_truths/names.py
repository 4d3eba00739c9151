"""What moto bends of ACM and Route 53."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import pytest
from moto.acm.exceptions import AWSValidationException
from moto.acm.models import AWSCertificateManagerBackend, CertBundle
from moto.apigateway.models import apigateway_backends
from moto.core.exceptions import JsonRESTError
from moto.route53.models import route53_backends


def teach(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything below."""
    teach_requests(monkeypatch)
    teach_validation(monkeypatch)
    teach_use(monkeypatch)


def teach_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any token is taken (C1: word characters); lists show every key type by themselves (C6)."""
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
    """Certificates are issued by the passing of a minute; AWS: by the validation record (C3)."""

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
            for value in record.records
        }
        if records <= written:
            self.status = "ISSUED"

    monkeypatch.setattr(CertBundle, "check", check)


def teach_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate in use is deleted (C5)."""
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
