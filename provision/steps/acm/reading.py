"""Reading ACM certificates: list, describe, wait for record and issue, check a given one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from provision.aws.client import Aws
from provision.errors import ApiError, WaitTimeout
from provision.model.step import OWNER
from provision.steps.not_found import found_or_none, ignore_not_found
from provision.steps.tagging import without_system

if TYPE_CHECKING:
    from mypy_boto3_acm.literals import KeyAlgorithmType
    from mypy_boto3_acm.type_defs import (
        CertificateDetailTypeDef,
        RenewalSummaryTypeDef,
        ResourceRecordTypeDef,
    )

RECORD_BUDGET: Final = 300
ISSUED_BUDGET: Final = 75 * 60
LIVE: Final = ("ISSUED", "PENDING_VALIDATION")
"""The states of a certificate that is or may become valid, the better first."""

KEY_TYPES: Final[tuple[KeyAlgorithmType, ...]] = (
    "EC_prime256v1",
    "EC_secp384r1",
    "EC_secp521r1",
    "RSA_1024",
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
)
"""All key types: without them ListCertificates shows only the two shorter RSA ones (C6)."""


def certificates_of(aws: Aws, domain: str) -> Mapping[str, str]:
    """Return ARN → status of every certificate of the domain in this region, owned or foreign."""
    return all_certificates(aws).get(domain, {})


def hindered(renewal: RenewalSummaryTypeDef | None) -> str:
    """Return why the certificate cannot be renewed, or an empty text.

    That is the case if AWS waits for a validation or gave up; the other states pass by themselves.
    """
    status = renewal["RenewalStatus"] if renewal else ""
    if renewal is None or status not in {"PENDING_VALIDATION", "FAILED"}:
        return ""
    return f"{status}, {renewal.get('RenewalStatusReason', 'no reason given')}"


def all_certificates(aws: Aws) -> dict[str, dict[str, str]]:
    """Return ARN → status of every certificate in this region, by domain."""
    pages = aws.acm.get_paginator("list_certificates").paginate(
        Includes={"keyTypes": list(KEY_TYPES)}
    )
    found: dict[str, dict[str, str]] = {}
    for certificate in (one for page in pages for one in page.get("CertificateSummaryList", [])):
        of_domain = found.setdefault(certificate["DomainName"], {})
        of_domain[certificate["CertificateArn"]] = certificate["Status"]
    return found


def tags_of_certificate(aws: Aws, arn: str) -> dict[str, str]:
    """Return the certificate's tags without AWS's own; empty if ACM does not find it.

    A new certificate may be listed and not found yet (C2). ACM allows tags without a value and
    shows them without one.
    """
    with ignore_not_found():
        tags = aws.acm.list_tags_for_certificate(CertificateArn=arn).get("Tags", [])
        return without_system({tag["Key"]: tag.get("Value", "") for tag in tags})
    return {}


def owner_of_certificate(aws: Aws, arn: str, record: str) -> str:
    """Return the value of its owner tag if `record` names its validation record, else ""."""
    found = describe_certificate(aws, arn)
    proof = record_of(found) if found else None
    same = proof is not None and proof["Name"].rstrip(".").lower() == record
    return tags_of_certificate(aws, arn).get(OWNER, "") if same else ""


def owner_of_proof(aws: Aws, record: str) -> str | None:
    """Return the owner tag of the certificate that the record `_{hash}.{domain}` validates.

    None if there is no such certificate, or if it has no owner tag.
    """
    domain = record.rstrip(".").partition(".")[2]
    owners = (owner_of_certificate(aws, arn, record) for arn in certificates_of(aws, domain))
    return next(filter(None, owners), None)


def wait_until_issued(aws: Aws, arn: str) -> None:
    """Wait until the certificate is issued, up to ISSUED_BUDGET seconds.

    AWS checks the validation record from time to time, which takes minutes, or half an hour (C3).
    Raises ApiError if the certificate will never be issued.
    """

    def issued() -> bool | None:
        found = describe_certificate(aws, arn)
        if found is None or found["Status"] not in LIVE:
            raise cannot_be_issued(arn, found["DomainName"] if found else arn, found)
        return True if found["Status"] == "ISSUED" else None

    try:
        aws.wait(f"certificate {arn} to be issued", issued, budget=ISSUED_BUDGET, first=2)
    except WaitTimeout as waiting:
        found = describe_certificate(aws, arn)
        record = record_of(found) if found else None
        name = record["Name"] if record else "the validation record"
        raise WaitTimeout(
            waiting.message,
            hint=f"`dig CNAME {name}` must answer from anywhere: check that the domain's registrar"
            " delegates to the hosted zone's name servers, then run `provision up` again",
        ) from waiting


def check_serves(aws: Aws, arn: str, name: str) -> None:
    """Raise if the certificate is missing, will never be issued, or is for other names (A28)."""
    found = describe_certificate(aws, arn)
    if found is None or found["Status"] not in LIVE:
        raise cannot_be_issued(arn, found["DomainName"] if found else arn, found)
    names = {found["DomainName"], *found.get("SubjectAlternativeNames", [])}
    wildcard = f"*.{name.partition('.')[2]}"
    if not {name, wildcard} & {each.lower() for each in names}:
        raise ApiError(
            f"the certificate {arn} is for {', '.join(sorted(names))}, not for {name}",
            hint="name another in api.domain.certificate, or null to have one requested",
        )


def describe_certificate(aws: Aws, arn: str) -> CertificateDetailTypeDef | None:
    return found_or_none(lambda: aws.acm.describe_certificate(CertificateArn=arn)["Certificate"])


def describe_with_record(aws: Aws, arn: str) -> CertificateDetailTypeDef | None:
    """Return the certificate with its validation record, or None if it is not found.

    Waits for the record, which appears some seconds after the certificate (C2).
    """

    def lacks_record(found: CertificateDetailTypeDef | None) -> bool:
        if found is None or found["Status"] != "PENDING_VALIDATION":
            return False
        return record_of(found) is None

    return aws.wait_until_stable(
        f"the validation record of {arn}",
        lambda: describe_certificate(aws, arn),
        lacks_record,
        budget=RECORD_BUDGET,
    )


def record_of(found: CertificateDetailTypeDef) -> ResourceRecordTypeDef | None:
    options = found.get("DomainValidationOptions", [])
    return next(
        (option["ResourceRecord"] for option in options if "ResourceRecord" in option), None
    )


def cannot_be_issued(arn: str, domain: str, found: CertificateDetailTypeDef | None) -> ApiError:
    if found is None:
        return ApiError(
            f"there is no certificate {arn} in this region",
            hint="name one of this account and of the stack's region in api.domain.certificate,"
            " or null to have one requested",
        )
    reason = found.get("FailureReason", "no reason given")
    return ApiError(
        f"AWS will not issue the certificate for {domain}: {found['Status']} ({reason})",
        hint="look up that status and reason in ACM's guide, fix the cause (a CAA record, say),"
        " then run `provision up` again: it requests a new one",
    )
