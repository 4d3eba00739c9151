"""The base path mapping, from a path of a domain name to a stage of an API."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Self

from provision.aws.client import Aws
from provision.model import iam
from provision.model.capabilities import CheckedBeforeDeletion, HasParent
from provision.model.risks import Impact, Risk, Risks
from provision.model.step import Fixed, OwnerMark, Replacement
from provision.steps.apigateway.owners import owner_of_domain
from provision.steps.not_found import found_or_none, ignore_not_found

if TYPE_CHECKING:
    from mypy_boto3_apigateway.type_defs import BasePathMappingResponseTypeDef

GONE_BUDGET: Final = 60
_MAPPINGS: Final = "/domainnames/{domain}/basepathmappings"


@dataclass(frozen=True, kw_only=True)
class BasePathMapping(HasParent, CheckedBeforeDeletion):
    """A mapping of `path`, one word without a slash; `(none)` is the domain's root (A30).

    A mapping has no tags: one that leads to another API than ours is foreign (A32).

    https://docs.aws.amazon.com/apigateway/latest/api/API_CreateBasePathMapping.html
    """

    KIND = "apigateway.base_path"
    IDENTITY = ("domain", "path")
    OWNER_MARK = OwnerMark.BY_CONTENT
    REPLACEMENT = Replacement.CREATE_FIRST
    RISKS = Risks(delete=(Risk(Impact.DOWNTIME, "the domain leads to no API"),))
    API_CALLS = iam.ApiCalls(
        read=(
            iam.call(
                "apigateway.GetBasePathMapping", iam.gateway_permission("GET", f"{_MAPPINGS}/*")
            ),
        ),
        write=(
            iam.call("apigateway.CreateBasePathMapping", iam.gateway_permission("POST", _MAPPINGS)),
            iam.call(
                "apigateway.UpdateBasePathMapping",
                iam.gateway_permission("PATCH", f"{_MAPPINGS}/*"),
            ),
        ),
        delete=(
            iam.call(
                "apigateway.DeleteBasePathMapping",
                iam.gateway_permission("DELETE", f"{_MAPPINGS}/*"),
            ),
        ),
    )

    domain: Fixed[str]
    path: Fixed[str] = "(none)"
    api_id: str
    stage: str

    def is_owned_by(self, have: Self, owner: str) -> bool:  # noqa: ARG002  (a mapping carries no mark)
        return have.api_id == self.api_id

    def parent_owner(self, aws: Aws) -> str | None:
        return owner_of_domain(aws, self.domain)

    def observe(self, aws: Aws) -> Self | None:
        found = self._get(aws)
        if found is None:
            return None
        return replace(self, api_id=found["restApiId"], stage=found.get("stage", ""))

    def create(self, aws: Aws) -> Self:
        aws.apigateway.create_base_path_mapping(
            domainName=self.domain, basePath=self.path, restApiId=self.api_id, stage=self.stage
        )
        return self

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:  # noqa: ARG002  (see below)
        # Both in one call even if one differs: the stage must be one of the API in the same patch.
        aws.apigateway.update_base_path_mapping(
            domainName=self.domain,
            basePath=self.path,
            patchOperations=[
                {"op": "replace", "path": "/restapiId", "value": self.api_id},
                {"op": "replace", "path": "/stage", "value": self.stage},
            ],
        )
        return self

    def delete(self, aws: Aws) -> None:
        with ignore_not_found():
            aws.apigateway.delete_base_path_mapping(domainName=self.domain, basePath=self.path)
            # Until then the API cannot be deleted (A31), and the domain should not be (A32).
            aws.wait_until_gone(
                f"base path {self.path} of {self.domain}",
                lambda: self._get(aws) is not None,
                budget=GONE_BUDGET,
            )

    def _get(self, aws: Aws) -> BasePathMappingResponseTypeDef | None:
        client = aws.apigateway
        return found_or_none(
            lambda: client.get_base_path_mapping(domainName=self.domain, basePath=self.path)
        )
