"""A deployment: the frozen copy of a REST API that a stage serves, known by its digest."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Final, Self

from provision.aws.client import Aws
from provision.model import iam
from provision.model.step import Computed, Fixed, Local, Replacement, Step
from provision.steps.apigateway.owners import owner_of_api
from provision.steps.apigateway.rest_api.contents import served

if TYPE_CHECKING:
    from mypy_boto3_apigateway.type_defs import DeploymentTypeDef

KEPT: Final = 5
"""How many of ours stay, to go back to by hand; more if a stage uses them (A12)."""
_DEPLOYMENTS: Final = "/restapis/{api_id}/deployments"
_REMOVING: Final = (
    iam.call(
        "apigateway.DeleteDeployment",
        iam.gateway_permission("DELETE", f"{_DEPLOYMENTS}/*", iam.OWNED),
    ),
    iam.call("apigateway.GetStages", iam.gateway_permission("GET", "/restapis/{api_id}/stages")),
)


@dataclass(frozen=True, kw_only=True)
class Deployment(Step):
    """`digest` is `RestApi.release()`; `served` what AWS shows of the frozen copy: its methods,
    their authorization and whether they want a key. AWS has no tags for it: owner and digest are
    its description, which anyone can copy. Hence of several with ours the oldest is taken that
    serves what is wanted: a copy comes after what it copies.

    https://docs.aws.amazon.com/apigateway/latest/api/API_CreateDeployment.html
    """

    KIND = "apigateway.deployment"
    IDENTITY = ("api_id",)
    REPLACEMENT = Replacement.SUCCEED
    DIGESTS: ClassVar = {"digest": "API"}
    REVIVES = True
    UNIQUE = False
    API_CALLS = iam.ApiCalls(
        read=(
            iam.call("apigateway.GetDeployments", iam.gateway_permission("GET", _DEPLOYMENTS)),
            iam.call(
                "apigateway.GetDeployment", iam.gateway_permission("GET", f"{_DEPLOYMENTS}/*")
            ),
        ),
        write=(
            iam.call(
                "apigateway.CreateDeployment",
                iam.gateway_permission("POST", _DEPLOYMENTS, iam.OWNED),
            ),
            *_REMOVING,
        ),
        delete=_REMOVING,
    )

    api_id: Fixed[str]
    digest: Fixed[str]
    served: Fixed[tuple[str, ...]]
    owner: Local[str] = ""
    id: Computed[str] = ""

    def called(self) -> str:
        return f"deployment {self.digest[:8]}"

    def with_owner(self, owner: str) -> Self:
        return replace(self, owner=owner)

    def parent_owner(self, aws: Aws) -> str | None:
        return owner_of_api(aws, self.api_id)

    def observe(self, aws: Aws) -> Self | None:
        """One of this digest, whichever run made it (A11), else the newest."""
        ours = self._ours(aws)
        same = [one for one in ours if self._digest(one) == self.digest]
        found = None
        for one in same or ours[-1:]:
            found = self._read(aws, one)
            if found and found.served == self.served:
                break
        return found

    def create(self, aws: Aws) -> Self:
        ours = self._ours(aws)
        # With a stage's name it would also make or move the stage (A11).
        made = aws.apigateway.create_deployment(
            restApiId=self.api_id, description=f"{self.owner} {self.digest}"
        )
        self._prune(aws, ours)
        return replace(self, id=made["id"])

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:  # noqa: ARG002
        """Reached when a create had no answer and AWS shows only an older one: it was not made."""
        return self.create(aws)

    def delete(self, aws: Aws) -> None:
        """All of ours. One that a stage still uses stays, and goes with the API (A12, A31)."""
        ours = self._ours(aws)
        used = self._used(aws) if ours else set()
        for deployment in ours:
            if deployment["id"] not in used:
                self._delete_one(aws, deployment["id"])

    def _read(self, aws: Aws, one: DeploymentTypeDef) -> Self | None:
        """With the summary, which the list does not have."""
        try:
            found = aws.apigateway.get_deployment(
                restApiId=self.api_id, deploymentId=one["id"], embed=["apisummary"]
            )
        except aws.apigateway.exceptions.NotFoundException:
            return None
        seen = (
            served(
                path,
                verb,
                method.get("authorizationType", "NONE"),
                api_key=method.get("apiKeyRequired", False),
            )
            for path, methods in found.get("apiSummary", {}).items()
            for verb, method in methods.items()
        )
        return replace(self, digest=self._digest(one), served=tuple(sorted(seen)), id=found["id"])

    def _ours(self, aws: Aws) -> list[DeploymentTypeDef]:
        """Oldest first; none when the API is gone."""
        pages = aws.apigateway.get_paginator("get_deployments").paginate(
            restApiId=self.api_id, PaginationConfig={"PageSize": 500}
        )
        try:
            found = [item for page in pages for item in page.get("items", [])]
        except aws.apigateway.exceptions.NotFoundException:
            return []
        ours = (one for one in found if one.get("description", "").startswith(f"{self.owner} "))
        return sorted(ours, key=lambda one: one["createdDate"])

    def _digest(self, found: DeploymentTypeDef) -> str:
        return found["description"].removeprefix(f"{self.owner} ")

    def _used(self, aws: Aws) -> set[str]:
        """By any stage, ours or not, or its canary."""
        stages = aws.apigateway.get_stages(restApiId=self.api_id).get("item", [])
        canaries = {stage.get("canarySettings", {}).get("deploymentId", "") for stage in stages}
        return canaries | {stage.get("deploymentId", "") for stage in stages}

    def _prune(self, aws: Aws, before: list[DeploymentTypeDef]) -> None:
        """Make room for the one just made. The stage still points to one of those before."""
        surplus = before[: -(KEPT - 1)]
        used = self._used(aws) if surplus else set()
        for deployment in surplus:
            if deployment["id"] not in used:
                self._delete_one(aws, deployment["id"])

    def _delete_one(self, aws: Aws, deployment_id: str) -> None:
        try:
            aws.apigateway.delete_deployment(restApiId=self.api_id, deploymentId=deployment_id)
        except aws.apigateway.exceptions.NotFoundException:
            return
