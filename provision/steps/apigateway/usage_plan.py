"""The usage plan: rate, burst and quota of the API keys in it, for the stages in it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Self

from botocore.exceptions import ClientError

from provision.aws.client import Aws
from provision.model import iam
from provision.model.risks import Impact, Risk, Risks
from provision.model.step import Computed, Tagged
from provision.steps.apigateway.tags import (
    change_gateway_tags,
    tag_on_create,
    tag_update_calls,
    tags_of,
    with_owner_tag,
)
from provision.steps.not_found import found_or_none, ignore_not_found

if TYPE_CHECKING:
    from mypy_boto3_apigateway.type_defs import (
        ApiStageOutputTypeDef,
        CreateUsagePlanRequestTypeDef,
        PatchOperationTypeDef,
        UsagePlanResponseTypeDef,
    )

PAGE_SIZE = 500
_PLAN = "/usageplans/{id}"


@dataclass(frozen=True, kw_only=True)
class Quota:
    """At most `limit` requests a period; `offset` of them count as spent in the first one."""

    limit: int
    period: Literal["DAY", "WEEK", "MONTH"]
    offset: int = 0


@dataclass(frozen=True, kw_only=True)
class UsagePlan(Tagged):
    """A usage plan for `stages` (`{api id}:{stage name}`) and `keys` (their ids), both sorted.

    Several plans may have one name: ours is the one with our tag (A24). No field is fixed, so it is
    never replaced: AWS refuses two plans that share a key and a stage.

    https://docs.aws.amazon.com/apigateway/latest/api/API_CreateUsagePlan.html
    """

    KIND = "apigateway.usage_plan"
    IDENTITY = ("name", "tags")
    RISKS = Risks(
        update={"keys": (Risk(Impact.KEY_CHANGES, "other keys are let in"),)},
        delete=(Risk(Impact.DOWNTIME, "no key is let in"),),
    )
    API_CALLS = iam.ApiCalls(
        read=(
            iam.call("apigateway.GetUsagePlan", iam.gateway_permission("GET", _PLAN)),
            iam.call("apigateway.GetUsagePlanKeys", iam.gateway_permission("GET", f"{_PLAN}/keys")),
            iam.call("apigateway.GetUsagePlans", iam.gateway_permission("GET", "/usageplans")),
        ),
        write=(
            iam.call(
                "apigateway.CreateUsagePlan",
                iam.gateway_permission("POST", "/usageplans", iam.TAGS_OWNER),
                tag_on_create(_PLAN),
            ),
            iam.call(
                "apigateway.CreateUsagePlanKey",
                iam.gateway_permission("POST", f"{_PLAN}/keys", iam.OWNED),
            ),
            iam.call(
                "apigateway.DeleteUsagePlanKey",
                iam.gateway_permission("DELETE", f"{_PLAN}/keys/*", iam.OWNED),
            ),
            iam.call(
                "apigateway.UpdateUsagePlan", iam.gateway_permission("PATCH", _PLAN, iam.OWNED)
            ),
            *tag_update_calls(_PLAN),
        ),
        delete=(
            iam.call(
                "apigateway.DeleteUsagePlan", iam.gateway_permission("DELETE", _PLAN, iam.OWNED)
            ),
            iam.call(
                "apigateway.UpdateUsagePlan", iam.gateway_permission("PATCH", _PLAN, iam.OWNED)
            ),
        ),
    )

    name: str
    rate: float
    burst: int
    quota: Quota | None = None
    stages: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    id: Computed[str] = ""

    def called(self) -> str:
        return self.name

    def observe(self, aws: Aws) -> Self | None:
        if not self.id:
            return next(iter(self.find_candidates(aws)), None)
        found = self._get(aws, self.id)
        return self._from_aws(aws, found) if found else None

    def find_candidates(self, aws: Aws) -> Sequence[Self]:
        """Return the plans of this name with our tag, which the list does not show (A24)."""
        pages = aws.apigateway.get_paginator("get_usage_plans").paginate(
            PaginationConfig={"PageSize": PAGE_SIZE}
        )
        plans = [plan for page in pages for plan in page.get("items", [])]
        named = sorted(plan["id"] for plan in plans if plan.get("name") == self.name)
        ours = with_owner_tag((self._get(aws, plan_id) for plan_id in named), self.owner)
        return [self._from_aws(aws, plan) for plan in ours]

    def _from_aws(self, aws: Aws, found: UsagePlanResponseTypeDef) -> Self:
        throttle = found.get("throttle", {})
        return replace(
            self,
            name=found.get("name", ""),
            rate=float(throttle.get("rateLimit", 0)),
            burst=int(throttle.get("burstLimit", 0)),
            quota=_quota(found),
            stages=_stages(found.get("apiStages", [])),
            keys=self._keys(aws, found["id"]),
            tags=tags_of(found),
            id=found["id"],
        )

    def create(self, aws: Aws) -> Self:
        plan_id = self._create_plan(aws)
        aws.new_ids.add(plan_id)
        for key_id in self.keys:
            self._add_key(aws, plan_id, key_id)
        return replace(self, id=plan_id)

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:
        if "tags" in changed:
            change_gateway_tags(aws, f"/usageplans/{have.id}", have.tags, self.tags)
        if patch := self._patch(have, changed):  # one call: AWS allows one in 20 s (A25)
            aws.apigateway.update_usage_plan(usagePlanId=have.id, patchOperations=patch)
        if "keys" in changed:
            for key_id in sorted(set(have.keys) - set(self.keys)):
                self._remove_key(aws, have.id, key_id)
            for key_id in sorted(set(self.keys) - set(have.keys)):
                self._add_key(aws, have.id, key_id)
        return replace(self, id=have.id)

    def delete(self, aws: Aws) -> None:
        found = self._get(aws, self.id)
        if found is None:
            return
        if stages := _stages(found.get("apiStages", [])):  # AWS deletes no plan with stages (A26)
            self._let_go(aws, stages)
        with ignore_not_found():
            aws.apigateway.delete_usage_plan(usagePlanId=self.id)

    def _let_go(self, aws: Aws, stages: tuple[str, ...]) -> None:
        try:
            aws.apigateway.update_usage_plan(
                usagePlanId=self.id, patchOperations=_stage_patch("remove", stages)
            )
        except ClientError:
            found = self._get(aws, self.id)
            if found and found.get("apiStages"):
                raise  # otherwise a call whose answer was lost removed them (X1)

    def _create_plan(self, aws: Aws) -> str:
        stages = [stage.partition(":") for stage in self.stages]
        request: CreateUsagePlanRequestTypeDef = {
            "name": self.name,
            "apiStages": [{"apiId": api_id, "stage": name} for api_id, _, name in stages],
            "throttle": {"rateLimit": self.rate, "burstLimit": self.burst},
            "tags": self.tags,
        }
        if self.quota:
            request["quota"] = {
                "limit": self.quota.limit,
                "period": self.quota.period,
                "offset": self.quota.offset,
            }
        return aws.apigateway.create_usage_plan(**request)["id"]

    def _patch(self, have: Self, changed: Collection[str]) -> list[PatchOperationTypeDef]:
        patch: list[PatchOperationTypeDef] = []

        def put(path: str, value: str) -> None:
            patch.append({"op": "replace", "path": path, "value": value})

        if "name" in changed:
            put("/name", self.name)
        if "rate" in changed:
            whole = self.rate.is_integer()
            put("/throttle/rateLimit", str(int(self.rate)) if whole else str(self.rate))
        if "burst" in changed:
            put("/throttle/burstLimit", str(self.burst))
        if "quota" in changed and self.quota:
            for field, value in sorted(vars(self.quota).items()):
                put(f"/quota/{field}", str(value))
        elif "quota" in changed:
            patch.append({"op": "remove", "path": "/quota"})
        if "stages" in changed:
            patch += _stage_patch("remove", set(have.stages) - set(self.stages))
            patch += _stage_patch("add", set(self.stages) - set(have.stages))
        return patch

    def _keys(self, aws: Aws, plan_id: str) -> tuple[str, ...]:
        pages = aws.apigateway.get_paginator("get_usage_plan_keys").paginate(
            usagePlanId=plan_id, PaginationConfig={"PageSize": PAGE_SIZE}
        )
        # The answer contains the keys' values; only their ids are used (A23).
        return tuple(sorted(key["id"] for page in pages for key in page.get("items", [])))

    def _add_key(self, aws: Aws, plan_id: str, key_id: str) -> None:
        try:
            aws.apigateway.create_usage_plan_key(
                usagePlanId=plan_id, keyId=key_id, keyType="API_KEY"
            )
        except aws.apigateway.exceptions.ConflictException:
            if key_id not in self._keys(aws, plan_id):  # else added by a call with a lost answer
                raise

    def _remove_key(self, aws: Aws, plan_id: str, key_id: str) -> None:
        with ignore_not_found():
            aws.apigateway.delete_usage_plan_key(usagePlanId=plan_id, keyId=key_id)

    def _get(self, aws: Aws, plan_id: str) -> UsagePlanResponseTypeDef | None:
        return found_or_none(lambda: aws.apigateway.get_usage_plan(usagePlanId=plan_id))


def _quota(found: UsagePlanResponseTypeDef) -> Quota | None:
    quota = found.get("quota")
    if not quota:
        return None
    return Quota(limit=quota["limit"], period=quota["period"], offset=quota.get("offset", 0))


def _stages(stages: list[ApiStageOutputTypeDef]) -> tuple[str, ...]:
    return tuple(sorted(f"{stage['apiId']}:{stage['stage']}" for stage in stages))


def _stage_patch(
    op: Literal["add", "remove"], stages: Iterable[str]
) -> list[PatchOperationTypeDef]:
    return [{"op": op, "path": "/apiStages", "value": stage} for stage in sorted(stages)]
