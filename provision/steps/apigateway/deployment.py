"""The deployment: the frozen copy of a REST API that a stage serves, identified by its digest."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Final, Self

from provision.aws.client import Aws
from provision.model import iam
from provision.model.capabilities import HasParent
from provision.model.step import Computed, Digest, Fixed, Local, Replacement
from provision.steps.apigateway.owners import owner_of_api
from provision.steps.apigateway.rest_api.contents import served
from provision.steps.not_found import found_or_none, ignore_not_found

if TYPE_CHECKING:
    from mypy_boto3_apigateway.type_defs import DeploymentTypeDef

KEPT: Final = 5
"""How many of our deployments are kept for a manual rollback; more if stages use them (A12)."""
_DEPLOYMENTS: Final = "/restapis/{api_id}/deployments"
_REMOVING: Final = (
    iam.call(
        "apigateway.DeleteDeployment",
        iam.gateway_permission("DELETE", f"{_DEPLOYMENTS}/*", iam.OWNED),
    ),
    iam.call("apigateway.GetStages", iam.gateway_permission("GET", "/restapis/{api_id}/stages")),
)


@dataclass(frozen=True, kw_only=True)
class Deployment(HasParent):
    """A deployment; `digest` is `RestApi.release()`.

    `served` is all that AWS shows of the frozen copy: its methods, their authorization and whether
    they require a key. AWS has no tags for deployments: owner and digest are the description, which
    anyone can copy. So of several with ours, the oldest that serves the wanted methods is used: a
    copy is younger than its original.

    https://docs.aws.amazon.com/apigateway/latest/api/API_CreateDeployment.html
    """

    KIND = "apigateway.deployment"
    IDENTITY = ("api_id",)
    REPLACEMENT = Replacement.REUSE_VERSION
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
    digest: Annotated[Fixed[str], Digest("API")]
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
        """Return the deployment of this digest, from any run (A11), else the newest of ours."""
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
        # With a stage's name, CreateDeployment would also create or move that stage (A11).
        made = aws.apigateway.create_deployment(
            restApiId=self.api_id, description=f"{self.owner} {self.digest}"
        )
        self._prune(aws, ours)
        return replace(self, id=made["id"])

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:  # noqa: ARG002
        """Create it: called if a create had no answer and AWS shows only an older deployment."""
        return self.create(aws)

    def delete(self, aws: Aws) -> None:
        """Delete all of ours, except those in use; AWS deletes these with the API (A12, A31)."""
        ours = self._ours(aws)
        used = self._used(aws) if ours else set()
        for deployment in ours:
            if deployment["id"] not in used:
                self._delete_one(aws, deployment["id"])

    def _read(self, aws: Aws, one: DeploymentTypeDef) -> Self | None:
        """Read the deployment again, with the summary, which the list does not have."""
        found = found_or_none(
            lambda: aws.apigateway.get_deployment(
                restApiId=self.api_id, deploymentId=one["id"], embed=["apisummary"]
            )
        )
        if found is None:
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
        """Return our deployments, oldest first; none if the API does not exist."""
        pages = aws.apigateway.get_paginator("get_deployments").paginate(
            restApiId=self.api_id, PaginationConfig={"PageSize": 500}
        )
        with ignore_not_found():
            found = [item for page in pages for item in page.get("items", [])]
            ours = (one for one in found if one.get("description", "").startswith(f"{self.owner} "))
            return sorted(ours, key=lambda one: one["createdDate"])
        return []

    def _digest(self, found: DeploymentTypeDef) -> str:
        return found["description"].removeprefix(f"{self.owner} ")

    def _used(self, aws: Aws) -> set[str]:
        """Return the ids of deployments that a stage or its canary uses, owned or foreign."""
        stages = aws.apigateway.get_stages(restApiId=self.api_id).get("item", [])
        canaries = {stage.get("canarySettings", {}).get("deploymentId", "") for stage in stages}
        return canaries | {stage.get("deploymentId", "") for stage in stages}

    def _prune(self, aws: Aws, before: list[DeploymentTypeDef]) -> None:
        """Delete the oldest of `before`, except those in use: a stage still serves one of them."""
        surplus = before[: -(KEPT - 1)]
        used = self._used(aws) if surplus else set()
        for deployment in surplus:
            if deployment["id"] not in used:
                self._delete_one(aws, deployment["id"])

    def _delete_one(self, aws: Aws, deployment_id: str) -> None:
        with ignore_not_found():
            aws.apigateway.delete_deployment(restApiId=self.api_id, deploymentId=deployment_id)
