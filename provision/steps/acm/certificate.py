"""The ACM certificate for one domain name, validated by a DNS record that another step writes."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Self

from botocore.exceptions import ClientError

from provision.aws.client import Aws
from provision.model import iam
from provision.model.capabilities import ReportsProblems
from provision.model.risks import Impact, Risk, Risks
from provision.model.step import OWNER, Computed, Fixed, Local, Replacement, Tagged
from provision.steps.acm.reading import (
    ISSUED_BUDGET,
    LIVE,
    all_certificates,
    cannot_be_issued,
    certificates_of,
    describe_certificate,
    describe_with_record,
    hindered,
    record_of,
    tags_of_certificate,
)
from provision.steps.foreign import ForeignResource, refuse_foreign
from provision.steps.not_found import ignore_not_found
from provision.steps.tagging import acm_tags, tag_changes

if TYPE_CHECKING:
    from mypy_boto3_apigateway.type_defs import DomainNameTypeDef

CERTIFICATES: Final = iam.arn("acm", "certificate/*")
PROOF: Final = f"_{'?' * 32}.{{domain}}"
"""Pattern of the validation record's name: 32 hexadecimal digits below the domain, in all of AWS's
examples.

https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
"""
_ONLY_THIS: Final = iam.Condition("ForAllValues:StringEquals", "acm:DomainNames", "{domain}")


@dataclass(frozen=True, kw_only=True)
class Certificate(Tagged, ReportsProblems):
    """A certificate that AWS validates by the CNAME `record_name` → `record_value`.

    The CNAME must stay, because AWS checks it again for each renewal. A certificate that can no
    longer be issued is not `usable` and is replaced (C3).

    https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html
    """

    KIND = "acm.certificate"
    IDENTITY = ("domain", "tags")
    REPLACEMENT = Replacement.CREATE_FIRST
    RISKS = Risks(
        create=(Risk(Impact.SLOW, "AWS validates the domain", 300, ISSUED_BUDGET),)  # (C3)
    )
    API_CALLS = iam.ApiCalls(
        read=(
            *iam.calls("acm", iam.ANY_RESOURCE, "ListCertificates"),
            *iam.calls("acm", CERTIFICATES, "DescribeCertificate", "ListTagsForCertificate"),
        ),
        write=(
            iam.call(
                "acm.RequestCertificate",
                iam.Permission(
                    "acm:RequestCertificate",
                    conditions=(iam.TAGS_OWNER, _ONLY_THIS),
                ),
                iam.Permission(
                    "acm:AddTagsToCertificate", (CERTIFICATES,), (iam.TAGS_OWNER, iam.HAS_NO_OWNER)
                ),
            ),
            *iam.calls(
                "acm", CERTIFICATES, "AddTagsToCertificate", when=(iam.OWNED, iam.KEEPS_OWNER)
            ),
            *iam.calls("acm", CERTIFICATES, "RemoveTagsFromCertificate", when=(iam.OWNED,)),
        ),
        delete=(
            *iam.calls("acm", CERTIFICATES, "DeleteCertificate", when=(iam.OWNED,)),
            iam.call("apigateway.GetDomainNames", iam.gateway_permission("GET", "/domainnames")),
        ),
        computed={"arn": CERTIFICATES, "record_name": PROOF},
    )

    domain: Fixed[str]
    usable: Fixed[bool] = True
    renewal: Local[str] = ""
    """The reason why AWS cannot renew it. Empty if it can, or if no renewal is due."""
    record_name: Computed[str] = ""
    record_value: Computed[str] = ""
    arn: Computed[str] = ""

    def called(self) -> str:
        return self.domain

    def reported_problem(self) -> str:
        return f"AWS cannot renew it: {self.renewal}" if self.renewal else ""

    def observe(self, aws: Aws) -> Self | None:
        arns = [self.arn] if self.arn else self._ours(aws, certificates_of(aws, self.domain))
        return self._read(aws, arns[0]) if arns else None

    def find_candidates(self, aws: Aws) -> Sequence[Self]:
        """Return those of this domain first, then those left from an earlier value of `domain`."""
        found = all_certificates(aws)
        arns = self._ours(aws, found.pop(self.domain, {}))
        for others in found.values():
            arns += self._ours(aws, others)
        return [one for arn in arns if (one := self._read(aws, arn))]

    def _read(self, aws: Aws, arn: str) -> Self | None:
        found = describe_with_record(aws, arn)
        if found is None:
            return None
        record = record_of(found)
        return replace(
            self,
            domain=found["DomainName"],
            usable=found["Status"] in LIVE,
            renewal=hindered(found.get("RenewalSummary")),
            record_name=record["Name"] if record else "",
            record_value=record["Value"] if record else "",
            tags=tags_of_certificate(aws, arn),
            arn=arn,
        )

    def create(self, aws: Aws) -> Self:
        arn = aws.acm.request_certificate(
            DomainName=self.domain,
            ValidationMethod="DNS",
            IdempotencyToken=uuid.uuid4().hex,  # at most 32 word characters (C1); random (X3)
            Tags=acm_tags(self.tags),
        )["CertificateArn"]
        aws.new_ids.add(arn)
        found = describe_with_record(aws, arn)
        record = record_of(found) if found else None
        if found is None or record is None:
            raise cannot_be_issued(arn, self.domain, found)
        return replace(self, record_name=record["Name"], record_value=record["Value"], arn=arn)

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:
        if "tags" in changed:
            gone, new = tag_changes(have.tags, self.tags)
            if gone:
                aws.acm.remove_tags_from_certificate(
                    CertificateArn=have.arn, Tags=[{"Key": key} for key in gone]
                )
            if new:
                aws.acm.add_tags_to_certificate(CertificateArn=have.arn, Tags=acm_tags(new))
        return replace(
            self, record_name=have.record_name, record_value=have.record_value, arn=have.arn
        )

    def delete(self, aws: Aws) -> None:
        refuse_foreign(aws, self.label, self._used_by_others(aws))
        # ResourceInUseException passes minutes after its domain name was deleted: retried (C5).
        with ignore_not_found():
            aws.acm.delete_certificate(CertificateArn=self.arn)

    def _used_by_others(self, aws: Aws) -> list[ForeignResource]:
        """Return the users of the certificate that are not part of this stack.

        For a Regional domain name, ACM reports a load balancer of AWS's own account as the user;
        only API Gateway knows the name (C5).
        """
        with suppress(ClientError):  # without permission to read, AWS's own refusal must do
            found = describe_certificate(aws, self.arn)
            shown = f"aws acm describe-certificate --certificate-arn {self.arn}"
            users = found.get("InUseBy", []) if found else []
            others = [
                ForeignResource(user, shown) for user in users if aws.location.account in user
            ]
            return others + (self._domains_of_others(aws) if users else [])
        return []

    def _domains_of_others(self, aws: Aws) -> list[ForeignResource]:
        """Return other domain names that use it: Regional, edge-optimized and private ones.

        The latter two name their certificate in another field than Regional ones.
        """
        pages = aws.apigateway.get_paginator("get_domain_names").paginate()
        return [
            ForeignResource(f"domain name {one['domainName']} of API Gateway", _showing(one))
            for page in pages
            for one in page.get("items", [])
            if self.arn in (one.get("regionalCertificateArn"), one.get("certificateArn"))
            and one["domainName"] != self.domain
        ]

    def _ours(self, aws: Aws, found: Mapping[str, str]) -> list[str]:
        """Return the ARNs in `found` (ARN → status) that carry our owner tag.

        Issued certificates come first, then pending ones, then all others.
        """
        ours = [
            (LIVE.index(status) if status in LIVE else len(LIVE), arn)
            for arn, status in found.items()
            if tags_of_certificate(aws, arn).get(OWNER) == self.owner
        ]
        return [arn for _, arn in sorted(ours)]


def _showing(domain: DomainNameTypeDef) -> str:
    """Return the command that shows the domain name; a private one needs its id as well."""
    name = domain["domainName"]
    if made := domain.get("domainNameId"):
        return f"aws apigateway get-domain-name --domain-name {name} --domain-name-id {made}"
    return f"aws apigateway get-domain-name --domain-name {name}"
