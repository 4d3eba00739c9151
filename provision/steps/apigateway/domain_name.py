"""A custom domain name of API Gateway: the target of a DNS record, with its certificate."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Self, cast

from provision.aws.client import Aws
from provision.errors import ApiError, NotOwned
from provision.model import iam
from provision.model.capabilities import CheckedBeforeDeletion, HasPrerequisites, ReportsProblems
from provision.model.risks import Impact, Risk, Risks
from provision.model.step import Computed, Fixed, Local, Replacement, Tagged
from provision.steps.acm.reading import check_serves, wait_until_issued
from provision.steps.apigateway.tags import (
    change_gateway_tags,
    tag_on_create,
    tag_update_calls,
    tags_of,
    with_owner_tag,
)
from provision.steps.apigateway.tls import LEAST, TLS_RISKS, tls_patches
from provision.steps.not_found import found_or_none, ignore_not_found
from provision.unknown import is_known

if TYPE_CHECKING:
    from mypy_boto3_apigateway.literals import EndpointAccessModeType, SecurityPolicyType
    from mypy_boto3_apigateway.type_defs import (
        CreateDomainNameRequestTypeDef,
        DomainNameResponseTypeDef,
        PatchOperationTypeDef,
    )

AVAILABLE: Final = "AVAILABLE"
AVAILABLE_BUDGET: Final = 900
BY_MAPPING: Final = "BASE_PATH_MAPPING_ONLY"
COMING: Final = frozenset({"PENDING", "UPDATING"})
_DOMAIN: Final = "/domainnames/{name}"
_PRINCIPAL: Final = "ops.apigateway.amazonaws.com"
_OWN_ROLE: Final = iam.Permission(
    "iam:CreateServiceLinkedRole",
    (
        iam.arn(
            "iam",
            f"role/aws-service-role/{_PRINCIPAL}/AWSServiceRoleForAPIGateway",
            region=False,
        ),
    ),
    (iam.Condition("StringEquals", "iam:AWSServiceName", _PRINCIPAL),),
)
"""Permission to create API Gateway's service-linked role, as the first domain of an account does.

https://docs.aws.amazon.com/apigateway/latest/developerguide/using-service-linked-roles.html
"""
_SET_UP: Final = Risk(Impact.SLOW, "API Gateway sets the domain up", 60, AVAILABLE_BUDGET)  # (A29)


@dataclass(frozen=True, kw_only=True)
class DomainName(Tagged, CheckedBeforeDeletion, HasPrerequisites, ReportsProblems):
    """A Regional custom domain name.

    `certificate` is an ARN of this region and account. `target`, in the hosted zone `target_zone`,
    is the target of an alias record. The API behind it decides which TLS callers may use (A37);
    both should have the same policy. We want no `truststore`, which verifies callers' certificates,
    and no `routing` by rules, which bypass the mapping. Only the name is fixed, so a replacement
    can exist at the same time.

    https://docs.aws.amazon.com/apigateway/latest/api/API_CreateDomainName.html
    """

    KIND = "apigateway.domain"
    IDENTITY = ("name",)
    REPLACEMENT = Replacement.CREATE_FIRST
    RISKS = Risks(
        create=(_SET_UP,),
        recreate=(Risk(Impact.NEW_URL, "the API is reached under another address"),),
        update={
            "certificate": (_SET_UP,),
            "truststore": (Risk(Impact.WEAKER, "callers without a certificate are let in"),),
            **TLS_RISKS,
        },
        delete=(Risk(Impact.NEW_URL, "its address stops working"),),
    )
    API_CALLS = iam.ApiCalls(
        read=(
            iam.call("apigateway.GetDomainName", iam.gateway_permission("GET", "/domainnames/*")),
            iam.call("apigateway.GetDomainNames", iam.gateway_permission("GET", "/domainnames")),
        ),
        write=(
            iam.call(
                "apigateway.CreateDomainName",
                iam.gateway_permission("POST", "/domainnames", iam.TAGS_OWNER),
                tag_on_create(_DOMAIN),
                _OWN_ROLE,
            ),
            iam.call("apigateway.UpdateDomainName", iam.gateway_permission("PATCH", _DOMAIN)),
            *tag_update_calls(_DOMAIN),
            *iam.calls("acm", "{certificate}", "DescribeCertificate"),
        ),
        delete=(
            iam.call("apigateway.DeleteDomainName", iam.gateway_permission("DELETE", _DOMAIN)),
            iam.call(
                "apigateway.GetBasePathMappings",
                iam.gateway_permission("GET", f"{_DOMAIN}/basepathmappings"),
            ),
        ),
    )

    name: Fixed[str]
    certificate: str
    security_policy: str = LEAST
    access_mode: str = ""
    truststore: str = ""
    routing: str = BY_MAPPING
    state: Local[str] = AVAILABLE
    """AWS's status of it, with the reason if it is not AVAILABLE."""
    target: Computed[str] = ""
    target_zone: Computed[str] = ""

    def reported_problem(self) -> str:
        return f"its state in AWS is {self.state}" if self.state != AVAILABLE else ""

    def observe(self, aws: Aws) -> Self | None:
        found = self._settled(aws)
        return self._from_aws(found) if found else None

    def find_candidates(self, aws: Aws) -> Sequence[Self]:
        """Return the domain name of this name, then ours of other names, which are deposed."""
        have = self.observe(aws)
        pages = aws.apigateway.get_paginator("get_domain_names").paginate()
        # AWS refuses GetDomainName of a private one without its id; ours are Regional.
        names = sorted(
            one["domainName"]
            for page in pages
            for one in page.get("items", [])
            if "domainNameId" not in one
        )
        ours = with_owner_tag((_get(aws, name) for name in names if name != self.name), self.owner)
        return [*([have] if have else []), *map(self._from_aws, ours)]

    def _from_aws(self, found: DomainNameResponseTypeDef) -> Self:
        return replace(
            self,
            name=found["domainName"],
            certificate=found.get("regionalCertificateArn", ""),
            security_policy=found.get("securityPolicy", ""),
            access_mode=found.get("endpointAccessMode") or "",
            truststore=found.get("mutualTlsAuthentication", {}).get("truststoreUri", ""),
            routing=found.get("routingMode") or BY_MAPPING,
            tags=tags_of(found),
            state=_state(found),
            target=found.get("regionalDomainName", ""),
            target_zone=found.get("regionalHostedZoneId", ""),
        )

    def create(self, aws: Aws) -> Self:
        wait_until_issued(aws, self.certificate)  # AWS refuses a pending certificate (A28)
        request: CreateDomainNameRequestTypeDef = {
            "domainName": self.name,
            "regionalCertificateArn": self.certificate,
            "endpointConfiguration": {"types": ["REGIONAL"]},
            "securityPolicy": cast("SecurityPolicyType", self.security_policy),
            "tags": self.tags,
        }
        if self.access_mode:
            request["endpointAccessMode"] = cast("EndpointAccessModeType", self.access_mode)
        answer = aws.apigateway.create_domain_name(**request)
        self._wait_available(aws)
        return replace(
            self,
            target=answer["regionalDomainName"],
            target_zone=answer["regionalHostedZoneId"],
        )

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:
        if "tags" in changed:
            change_gateway_tags(aws, f"/domainnames/{self.name}", have.tags, self.tags)
        patch: list[PatchOperationTypeDef] = []
        if "certificate" in changed:
            wait_until_issued(aws, self.certificate)
            patch.append(_put("/regionalCertificateArn", self.certificate))
        if {"security_policy", "access_mode"} & set(changed):
            patch += tls_patches(self.security_policy, self.access_mode, have.access_mode)
        if "truststore" in changed:  # an empty value switches mutual TLS off
            patch.append(_put("/mutualTlsAuthentication/truststoreUri", self.truststore))
        if "routing" in changed:
            patch.append(_put("/routingMode", self.routing))
        if patch:  # one call, since AWS allows one in 30 s (A1)
            aws.apigateway.update_domain_name(domainName=self.name, patchOperations=patch)
            self._wait_available(aws)
        return replace(self, target=have.target, target_zone=have.target_zone)

    def check_prerequisites(self, aws: Aws) -> None:
        if is_known(self.certificate):
            check_serves(aws, self.certificate, self.name)

    def delete(self, aws: Aws) -> None:
        with ignore_not_found():
            pages = aws.apigateway.get_paginator("get_base_path_mappings").paginate(
                domainName=self.name
            )
            left = [mapping["basePath"] for page in pages for mapping in page.get("items", [])]
            if left:  # AWS would delete them too; ours are deleted already (A32)
                raise NotOwned(
                    f"{self.name} still leads to APIs of others, at {', '.join(sorted(left))}",
                    hint="remove those base path mappings, then run the command again",
                )
            aws.apigateway.delete_domain_name(domainName=self.name)

    def _settled(self, aws: Aws) -> DomainNameResponseTypeDef | None:
        """Wait until the domain is neither PENDING nor UPDATING, and return it (A29)."""
        return aws.wait_until_stable(
            f"domain {self.name} to settle",
            lambda: _get(aws, self.name),
            lambda found: found is not None and found.get("domainNameStatus") in COMING,
            budget=AVAILABLE_BUDGET,
        )

    def _wait_available(self, aws: Aws) -> None:
        found = self._settled(aws)
        state = _state(found) if found else "gone"
        if state != AVAILABLE:
            raise ApiError(
                f"domain {self.name} is {state}",
                hint="see the domain in API Gateway's console, then run `provision up` again",
            )


def _get(aws: Aws, name: str) -> DomainNameResponseTypeDef | None:
    return found_or_none(lambda: aws.apigateway.get_domain_name(domainName=name))


def _state(found: DomainNameResponseTypeDef) -> str:
    """Return AWS's status, with the reason if it is not AVAILABLE: `FAILED: why`."""
    status = found.get("domainNameStatus", AVAILABLE)
    if status == AVAILABLE:
        return AVAILABLE
    return f"{status}: {found.get('domainNameStatusMessage', 'no reason given')}"


def _put(path: str, value: str) -> PatchOperationTypeDef:
    return {"op": "replace", "path": path, "value": value}
