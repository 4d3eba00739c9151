"""A certificate of ACM for one domain name, proved by a DNS record that another step writes."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Self

from botocore.exceptions import ClientError

from provision.aws import Aws
from provision.errors import Refused, StillWaiting
from provision.hazards import Harm, Risk, Risks
from provision.permissions.declare import (
    EVERY,
    KEPT,
    OURS,
    REQUESTED,
    UNOWNED,
    Declared,
    Permit,
    Test,
    arn,
    call,
    calls,
)
from provision.step import OWNER, Computed, Fixed, Local, Replacement, Tagged, Tags
from provision.steps.gateway_tags import gateway
from provision.steps.strangers import Stranger, refuse
from provision.steps.tags import tag_changes, without_system

if TYPE_CHECKING:
    from mypy_boto3_acm.literals import KeyAlgorithmType
    from mypy_boto3_acm.type_defs import (
        CertificateDetailTypeDef,
        RenewalSummaryTypeDef,
        ResourceRecordTypeDef,
        TagTypeDef,
    )

RECORD_BUDGET: Final = 300
ISSUED_BUDGET: Final = 75 * 60
CERTIFICATES: Final = arn("acm", "certificate/*")
_ONLY_THIS: Final = Test("ForAllValues:StringEquals", "acm:DomainNames", "{domain}")

LIVE: Final = ("ISSUED", "PENDING_VALIDATION")
"""The states of a certificate that serves or may come to serve, the better first."""

KEY_TYPES: Final[tuple[KeyAlgorithmType, ...]] = (
    "EC_prime256v1",
    "EC_secp384r1",
    "EC_secp521r1",
    "RSA_1024",
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
)
"""Asked for by name, because the list shows only the two shorter RSA ones by itself (C6)."""


@dataclass(frozen=True, kw_only=True)
class Certificate(Tagged):
    """`record_name` and `record_value` are the CNAME by which AWS sees that the domain is ours; it
    has to stay for the renewals. One that cannot be issued any more is not `usable`: replaced (C3).

    https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html
    """

    KIND = "acm.certificate"
    IDENTITY = ("domain", "tags")
    REPLACEMENT = Replacement.CREATE_FIRST
    RISKS = Risks(
        create=(Risk(Harm.SLOW, "AWS proves the domain", 300, 1800),)  # C3
    )
    CALLS = Declared(
        look=(
            *calls("acm", EVERY, "ListCertificates"),
            *calls("acm", CERTIFICATES, "DescribeCertificate", "ListTagsForCertificate"),
        ),
        make=(
            call(
                "acm.RequestCertificate",
                Permit(
                    "acm:RequestCertificate",
                    when=(REQUESTED, _ONLY_THIS),
                ),
                Permit("acm:AddTagsToCertificate", (CERTIFICATES,), (REQUESTED, UNOWNED)),
            ),
            *calls("acm", CERTIFICATES, "AddTagsToCertificate", when=(OURS, KEPT)),
            *calls("acm", CERTIFICATES, "RemoveTagsFromCertificate", when=(OURS,)),
        ),
        remove=(
            *calls("acm", CERTIFICATES, "DeleteCertificate", when=(OURS,)),
            call("apigateway.GetDomainNames", gateway("GET", "/domainnames")),
        ),
        computed={"arn": CERTIFICATES, "record_name": "_*.{domain}"},
    )
    UNIQUE = False

    domain: Fixed[str]
    usable: Fixed[bool] = True
    renewal: Local[str] = ""
    """Why AWS cannot renew it; empty where it can, or need not yet."""
    record_name: Computed[str] = ""
    record_value: Computed[str] = ""
    arn: Computed[str] = ""

    def called(self) -> str:
        return self.domain

    def ailment(self) -> str:
        return f"AWS cannot renew it: {self.renewal}" if self.renewal else ""

    def observe(self, aws: Aws) -> Self | None:
        arns = [self.arn] if self.arn else self._ours(aws, certificates_of(aws, self.domain))
        return self._read(aws, arns[0]) if arns else None

    def search(self, aws: Aws) -> Sequence[Self]:
        """Those of this domain first; others are left from when it was another one."""
        found = _certificates(aws)
        arns = self._ours(aws, found.pop(self.domain, {}))
        for others in found.values():
            arns += self._ours(aws, others)
        return [one for arn in arns if (one := self._read(aws, arn))]

    def _read(self, aws: Aws, arn: str) -> Self | None:
        found = _describe_with_record(aws, arn)
        if found is None:
            return None
        record = _record(found)
        return replace(
            self,
            domain=found["DomainName"],
            usable=found["Status"] in LIVE,
            renewal=_hindered(found.get("RenewalSummary")),
            record_name=record["Name"] if record else "",
            record_value=record["Value"] if record else "",
            tags=_tags_of(aws, arn),
            arn=arn,
        )

    def create(self, aws: Aws) -> Self:
        arn = aws.acm.request_certificate(
            DomainName=self.domain,
            ValidationMethod="DNS",
            IdempotencyToken=uuid.uuid4().hex,  # C1: at most 32 word characters; random (X3)
            Tags=_tag_list(self.tags),
        )["CertificateArn"]
        aws.fresh.add(arn)
        found = _describe_with_record(aws, arn)
        record = _record(found) if found else None
        if found is None or record is None:
            raise _cannot_be_issued(arn, self.domain, found)
        return replace(self, record_name=record["Name"], record_value=record["Value"], arn=arn)

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:
        if "tags" in changed:
            gone, new = tag_changes(have.tags, self.tags)
            if gone:
                aws.acm.remove_tags_from_certificate(
                    CertificateArn=have.arn, Tags=[{"Key": key} for key in gone]
                )
            if new:
                aws.acm.add_tags_to_certificate(CertificateArn=have.arn, Tags=_tag_list(new))
        return replace(
            self, record_name=have.record_name, record_value=have.record_value, arn=have.arn
        )

    def delete(self, aws: Aws) -> None:
        refuse(aws, self.label, self._used_by_others(aws))
        # C5: the domain name lets go of it only some minutes after it is gone itself.
        try:
            aws.acm.delete_certificate(CertificateArn=self.arn)
        except aws.acm.exceptions.ResourceNotFoundException:
            return

    def _used_by_others(self, aws: Aws) -> list[Stranger]:
        """C5: for a Regional domain name, a load balancer of AWS's own account is said to use it;
        which name that is, only API Gateway tells."""
        with suppress(ClientError):  # not permitted to look: AWS refuses the removal itself
            found = describe_certificate(aws, self.arn)
            shown = f"aws acm describe-certificate --certificate-arn {self.arn}"
            users = found.get("InUseBy", []) if found else []
            others = [Stranger(user, shown) for user in users if aws.where.account in user]
            return others + (self._domains_of_others(aws) if users else [])
        return []

    def _domains_of_others(self, aws: Aws) -> list[Stranger]:
        pages = aws.apigateway.get_paginator("get_domain_names").paginate()
        return [
            Stranger(
                f"domain name {one['domainName']} of API Gateway",
                f"aws apigateway get-domain-name --domain-name {one['domainName']}",
            )
            for page in pages
            for one in page["items"]
            if one.get("regionalCertificateArn") == self.arn and one["domainName"] != self.domain
        ]

    def _ours(self, aws: Aws, found: Mapping[str, str]) -> list[str]:
        """Of ARN → status those with our tag: issued ones first, then pending, then any."""
        ours = [
            (LIVE.index(status) if status in LIVE else len(LIVE), arn)
            for arn, status in found.items()
            if _tags_of(aws, arn).get(OWNER) == self.owner
        ]
        return [arn for _, arn in sorted(ours)]


def certificates_of(aws: Aws, domain: str) -> Mapping[str, str]:
    """ARN → status of every certificate of the domain in this region, whoever's."""
    return _certificates(aws).get(domain, {})


def _hindered(renewal: RenewalSummaryTypeDef | None) -> str:
    """AWS asks for a validation, or gave up; the other states pass by themselves."""
    status = renewal["RenewalStatus"] if renewal else ""
    if renewal is None or status not in {"PENDING_VALIDATION", "FAILED"}:
        return ""
    return f"{status}, {renewal.get('RenewalStatusReason', 'no reason given')}"


def _certificates(aws: Aws) -> dict[str, dict[str, str]]:
    """ARN → status, by domain."""
    pages = aws.acm.get_paginator("list_certificates").paginate(
        Includes={"keyTypes": list(KEY_TYPES)}
    )
    found: dict[str, dict[str, str]] = {}
    for certificate in (one for page in pages for one in page["CertificateSummaryList"]):
        of_domain = found.setdefault(certificate["DomainName"], {})
        of_domain[certificate["CertificateArn"]] = certificate["Status"]
    return found


def _tags_of(aws: Aws, arn: str) -> dict[str, str]:
    """ACM takes tags without a value, and shows them so. One listed may not be found (C2)."""
    try:
        tags = aws.acm.list_tags_for_certificate(CertificateArn=arn)["Tags"]
    except aws.acm.exceptions.ResourceNotFoundException:
        return {}
    return without_system({tag["Key"]: tag.get("Value", "") for tag in tags})


def owner_of_certificate(aws: Aws, arn: str, record: str) -> str:
    """The value of its owner tag, when `record` names its validation record; else empty."""
    found = describe_certificate(aws, arn)
    proof = _record(found) if found else None
    same = proof is not None and proof["Name"].rstrip(".").lower() == record
    return _tags_of(aws, arn).get(OWNER, "") if same else ""


def _tag_list(tags: Tags) -> list[TagTypeDef]:
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def wait_until_issued(aws: Aws, arn: str) -> None:
    """C3: AWS looks for the validation record now and then; this takes minutes, or half an hour."""

    def issued() -> bool | None:
        found = describe_certificate(aws, arn)
        if found is None or found["Status"] not in LIVE:
            raise _cannot_be_issued(arn, found["DomainName"] if found else arn, found)
        return True if found["Status"] == "ISSUED" else None

    try:
        aws.wait(f"certificate {arn} to be issued", issued, budget=ISSUED_BUDGET, first=2)
    except StillWaiting as waiting:
        found = describe_certificate(aws, arn)
        record = _record(found) if found else None
        name = record["Name"] if record else "the validation record"
        raise StillWaiting(
            waiting.message,
            hint=f"`dig CNAME {name}` must answer from anywhere: check that the domain's registrar"
            " delegates to the hosted zone's name servers, then run `provision up` again",
        ) from waiting


def describe_certificate(aws: Aws, arn: str) -> CertificateDetailTypeDef | None:
    try:
        return aws.acm.describe_certificate(CertificateArn=arn)["Certificate"]
    except aws.acm.exceptions.ResourceNotFoundException:
        return None


def _describe_with_record(aws: Aws, arn: str) -> CertificateDetailTypeDef | None:
    """C2: the validation record appears some seconds after the certificate."""

    def described() -> tuple[CertificateDetailTypeDef | None] | None:
        found = describe_certificate(aws, arn)
        coming = found is not None and found["Status"] == "PENDING_VALIDATION"
        return None if coming and found and _record(found) is None else (found,)

    (found,) = aws.wait(f"the validation record of {arn}", described, budget=RECORD_BUDGET)
    return found


def _record(found: CertificateDetailTypeDef) -> ResourceRecordTypeDef | None:
    options = found.get("DomainValidationOptions", [])
    return next(
        (option["ResourceRecord"] for option in options if "ResourceRecord" in option), None
    )


def _cannot_be_issued(arn: str, domain: str, found: CertificateDetailTypeDef | None) -> Refused:
    if found is None:
        return Refused(
            f"there is no certificate {arn} in this region",
            hint="name one of this account and of the stack's region in api.domain.certificate,"
            " or null to have one requested",
        )
    reason = found.get("FailureReason", "no reason given")
    return Refused(
        f"AWS will not issue the certificate for {domain}: {found['Status']} ({reason})",
        hint="look that name and reason up in ACM's guide, mend the cause (a CAA record, say),"
        " then run `provision up` again: it requests a new one",
    )
