"""The stage of a REST API: the deployment that it serves, its limits and its logs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Self

from provision.aws.client import Aws
from provision.model import iam
from provision.model.risks import Impact, Risk, Risks
from provision.model.step import Fixed, Replacement, Tagged
from provision.steps.apigateway.method_settings import (
    EVERY_METHOD,
    MethodSettings,
    as_text,
    method_patches,
    methods_in,
    other_keys,
    set_to,
    setting_patches,
)
from provision.steps.apigateway.tags import (
    change_gateway_tags,
    has_owner_tag,
    tag_on_create,
    tag_update_calls,
    tags_of,
)
from provision.steps.not_found import ignore_not_found

if TYPE_CHECKING:
    from mypy_boto3_apigateway.type_defs import PatchOperationTypeDef, StageTypeDef

MOST_PATCHES: Final = 80
"""The most patches in one call: AWS refuses larger updates of a stage (A45)."""
_STAGES: Final = "/restapis/{api_id}/stages"


@dataclass(frozen=True, kw_only=True)
class Stage(Tagged):
    """A stage; it never logs bodies and caches nothing.

    `access_log` is the ARN of a log group, or empty for none; `log_level` is OFF, ERROR or INFO.
    `rate` (requests a second) and `burst` limit all clients together, of each method that is not
    in `methods`. `strays` describes undeclared settings.

    https://docs.aws.amazon.com/apigateway/latest/api/API_CreateStage.html
    """

    KIND = "apigateway.stage"
    IDENTITY = ("api_id", "name")
    REPLACEMENT = Replacement.CREATE_FIRST
    RISKS = Risks(
        update={"name": (Risk(Impact.NEW_URL, "its name is in the address"),)},
        delete=(Risk(Impact.DOWNTIME, "nothing answers at its address"),),
    )
    API_CALLS = iam.ApiCalls(
        read=(iam.call("apigateway.GetStages", iam.gateway_permission("GET", _STAGES)),),
        write=(
            # The account's role writes access logs: IAM checks no action of CloudWatch Logs here.
            iam.call(
                "apigateway.CreateStage",
                iam.gateway_permission("POST", _STAGES, iam.OWNED),
                tag_on_create(f"{_STAGES}/{{name}}"),
            ),
            iam.call(
                "apigateway.UpdateStage",
                iam.gateway_permission("PATCH", f"{_STAGES}/{{name}}", iam.OWNED),
            ),
            *tag_update_calls(f"{_STAGES}/{{name}}"),
        ),
        delete=(
            iam.call(
                "apigateway.DeleteStage",
                iam.gateway_permission("DELETE", f"{_STAGES}/{{name}}", iam.OWNED),
            ),
        ),
    )

    api_id: Fixed[str]
    name: Fixed[str]
    deployment_id: str
    tracing: bool
    access_log: str
    access_format: str
    log_level: str
    metrics: bool = True
    rate: float
    burst: int
    methods: tuple[MethodSettings, ...] = ()
    strays: tuple[str, ...] = ()

    def called(self) -> str:
        return self.name

    def observe(self, aws: Aws) -> Self | None:
        found = self._find(aws)
        return self._from_aws(found) if found else None

    def find_candidates(self, aws: Aws) -> Sequence[Self]:
        """Return the stage of this name, then ours of other names, which are deposed."""
        found = sorted(self._stages(aws), key=lambda one: one["stageName"] != self.name)
        return [
            self._from_aws(one)
            for one in found
            if one["stageName"] == self.name or has_owner_tag(one, self.owner)
        ]

    def _from_aws(self, found: StageTypeDef) -> Self:
        settings = found.get("methodSettings", {}).get(EVERY_METHOD, {})
        access = found.get("accessLogSettings") or {}
        return replace(
            self,
            name=found["stageName"],
            deployment_id=found.get("deploymentId", ""),
            tracing=found.get("tracingEnabled", False),
            access_log=access.get("destinationArn", "").removesuffix(":*"),  # not allowed (A16)
            access_format=access.get("format", "") if access else self.access_format,
            log_level=settings.get("loggingLevel", "OFF"),
            metrics=settings.get("metricsEnabled", False),
            rate=settings.get("throttlingRateLimit", 0.0),
            burst=settings.get("throttlingBurstLimit", 0),
            methods=methods_in(found.get("methodSettings", {})),
            strays=tuple(sorted(_strays(found))),
            tags=tags_of(found),
        )

    def create(self, aws: Aws) -> Self:
        aws.apigateway.create_stage(
            restApiId=self.api_id,
            stageName=self.name,
            deploymentId=self.deployment_id,
            tracingEnabled=self.tracing,
            tags=self.tags,
        )
        # CreateStage sets neither logs nor method settings; after a crash `update` does (A14).
        access = self._access_patches() if self.access_log else []
        self._patch(aws, [*access, *self._setting_patches(), *method_patches(self.methods, ())])
        return self

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:
        if "tags" in changed:
            place = f"/restapis/{self.api_id}/stages/{self.name}"
            change_gateway_tags(aws, place, have.tags, self.tags)
        patches: list[PatchOperationTypeDef] = []
        if "strays" in changed:
            found = self._find(aws)
            patches += _removals(found) if found else []
        if "deployment_id" in changed:
            patches.append(set_to("/deploymentId", self.deployment_id))
        if "tracing" in changed:
            patches.append(set_to("/tracingEnabled", as_text(value=self.tracing)))
        if {"access_log", "access_format"} & set(changed):
            patches += self._access_patches()
        if {"log_level", "metrics", "rate", "burst", "strays"} & set(changed):
            patches += self._setting_patches()
        if "methods" in changed:
            patches += method_patches(self.methods, have.methods)
        if patches:
            self._patch(aws, patches)
        return self

    def delete(self, aws: Aws) -> None:
        with ignore_not_found():
            aws.apigateway.delete_stage(restApiId=self.api_id, stageName=self.name)

    def _find(self, aws: Aws) -> StageTypeDef | None:
        """Return the stage from the list, or None.

        GetStage of a missing stage answers NotFound. On an API created by this run, that is retried
        as eventual consistency (V1).
        """
        stages = self._stages(aws)
        return next((stage for stage in stages if stage["stageName"] == self.name), None)

    def _stages(self, aws: Aws) -> Sequence[StageTypeDef]:
        """Return all stages of the API, owned and foreign; none if the API does not exist."""
        with ignore_not_found():
            return aws.apigateway.get_stages(restApiId=self.api_id).get("item", [])
        return ()

    def _patch(self, aws: Aws, patches: list[PatchOperationTypeDef]) -> None:
        for begin in range(0, len(patches), MOST_PATCHES):
            aws.apigateway.update_stage(
                restApiId=self.api_id,
                stageName=self.name,
                patchOperations=patches[begin : begin + MOST_PATCHES],
            )

    def _access_patches(self) -> list[PatchOperationTypeDef]:
        if not self.access_log:
            return [{"op": "remove", "path": "/accessLogSettings"}]
        return [
            set_to("/accessLogSettings/destinationArn", self.access_log),
            set_to("/accessLogSettings/format", self.access_format),
        ]

    def _setting_patches(self) -> Iterator[PatchOperationTypeDef]:
        return setting_patches(
            EVERY_METHOD,
            log_level=self.log_level,
            metrics=self.metrics,
            rate=self.rate,
            burst=self.burst,
        )


def _strays(found: StageTypeDef) -> Iterator[str]:
    methods = found.get("methodSettings", {})
    yield from (f"settings of {key}" for key in other_keys(methods))
    everywhere = methods.get(EVERY_METHOD, {})
    if everywhere.get("dataTraceEnabled"):
        yield "bodies are logged"
    if everywhere.get("cachingEnabled"):
        yield "responses are cached"
    yield from (f"variable {name}" for name in found.get("variables", {}))
    if found.get("canarySettings"):
        yield "canary"
    if found.get("cacheClusterEnabled"):
        yield "cache cluster"
    if found.get("clientCertificateId"):
        yield "client certificate"


def _removals(found: StageTypeDef) -> list[PatchOperationTypeDef]:
    """Return the patches that remove undeclared settings (`_strays`).

    Logging of bodies is not among them: `_setting_patches` switches it off.
    """
    paths = [f"/variables/{name}" for name in found.get("variables", {})]
    for key in other_keys(found.get("methodSettings", {})):
        # Only a whole key can be removed (A17), with the slashes of its resource escaped.
        resource, _, verb = key.rpartition("/")
        paths.append(f"/{resource.replace('/', '~1')}/{verb}")
    if found.get("canarySettings"):
        paths.append("/canarySettings")
    patches: list[PatchOperationTypeDef] = [{"op": "remove", "path": path} for path in paths]
    if found.get("methodSettings", {}).get(EVERY_METHOD, {}).get("cachingEnabled"):
        patches.append(set_to(f"/{EVERY_METHOD}/caching/enabled", as_text(value=False)))
    if found.get("cacheClusterEnabled"):
        patches.append(set_to("/cacheClusterEnabled", as_text(value=False)))
    if found.get("clientCertificateId"):
        patches.append(set_to("/clientCertificateId", ""))
    return patches
