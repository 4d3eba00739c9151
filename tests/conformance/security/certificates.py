"""Controls about certificates, as AWS shows them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from provision.aws.client import Aws

WEAK = 1024


def without_renewal(aws: Aws) -> Iterator[str]:
    """Yield certificates that ACM cannot renew, because their validation record is gone."""
    records = {
        (record["Name"].rstrip("."), each["Value"].rstrip("."))
        for zone in aws.route53.list_hosted_zones()["HostedZones"]
        for record in aws.route53.list_resource_record_sets(HostedZoneId=zone["Id"])[
            "ResourceRecordSets"
        ]
        for each in record.get("ResourceRecords", [])
    }
    for listed in aws.acm.list_certificates()["CertificateSummaryList"]:
        found = _certificate(aws, listed["CertificateArn"])
        if found["Type"] != "IMPORTED":
            for proof in found["DomainValidationOptions"]:
                record = proof.get("ResourceRecord", {"Name": "", "Value": ""})
                if (record["Name"].rstrip("."), record["Value"].rstrip(".")) not in records:
                    yield found["DomainName"]


def take_the_proof_away(aws: Aws) -> None:
    for zone in aws.route53.list_hosted_zones()["HostedZones"]:
        found = aws.route53.list_resource_record_sets(HostedZoneId=zone["Id"])
        for record in found["ResourceRecordSets"]:
            if record["Type"] == "CNAME":
                aws.route53.change_resource_record_sets(
                    HostedZoneId=zone["Id"],
                    ChangeBatch={"Changes": [{"Action": "DELETE", "ResourceRecordSet": record}]},
                )


def with_weak_keys(aws: Aws) -> Iterator[str]:
    for domain in aws.apigateway.get_domain_names()["items"]:
        found = _certificate(aws, domain["regionalCertificateArn"])
        if found["KeyAlgorithm"].replace("-", "_") == f"RSA_{WEAK}":
            yield domain["domainName"]


def serve_with_a_weak_key(aws: Aws) -> None:
    (domain,) = aws.apigateway.get_domain_names()["items"]
    name = domain["domainName"]
    certificate, key = _self_signed(name)
    arn = aws.acm.import_certificate(Certificate=certificate, PrivateKey=key)["CertificateArn"]
    aws.apigateway.update_domain_name(
        domainName=name,
        patchOperations=[{"op": "replace", "path": "/regionalCertificateArn", "value": arn}],
    )


def _self_signed(name: str) -> tuple[bytes, bytes]:
    """Return a certificate with a kind of key that ACM imports but no longer issues."""
    key = rsa.generate_private_key(65537, WEAK)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=90))
        .sign(key, hashes.SHA256())
    )
    return (
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        ),
    )


def _certificate(aws: Aws, arn: str) -> Any:
    return aws.acm.describe_certificate(CertificateArn=arn)["Certificate"]
