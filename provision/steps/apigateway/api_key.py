"""An API key and those it has succeeded. Their values are the callers' secrets: AWS chooses them,
nothing here asks for them (A23).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from typing import TYPE_CHECKING, Final, Self

from provision.aws.client import Aws
from provision.model import iam
from provision.model.risks import Impact, Risk, Risks
from provision.model.step import OWNER, Computed, Local, Tagged
from provision.steps.apigateway.tags import (
    change_gateway_tags,
    tag_on_create,
    tag_update_calls,
    tags_of,
    with_owner_tag,
)
from provision.unknown import is_known

if TYPE_CHECKING:
    from mypy_boto3_apigateway.type_defs import (
        ApiKeyResponseTypeDef,
        PatchOperationTypeDef,
        UsagePlanTypeDef,
    )


RETIRED: Final = "provision:retired-on"
"""The tag of a key that has, or is to get, a successor. It works on, until it is switched off."""


@dataclass(frozen=True, kw_only=True)
class RetiredKey:
    """One that clients are to move away from. Dates are `YYYY-MM-DD`, in UTC."""

    id: str
    enabled: bool
    made_on: str
    retired_on: str


@dataclass(frozen=True, kw_only=True)
class ApiKey(Tagged):
    """Several keys may have one name (A21): ours is the one with our tag that is not retired.
    Nothing in it is fixed, so it is never replaced and its value never lost by a change.

    `due`: there are retired ones only, so a successor is to be made. `plan`: what the stack's usage
    plan is called. Tags can be copied: a retired one counts where the state knows it or that plan
    holds it, for then it lets its callers in already. `claimed` are ids of others that say they are
    retired: they are given nothing, and not deleted.

    https://docs.aws.amazon.com/apigateway/latest/api/API_CreateApiKey.html
    """

    KIND = "apigateway.key"
    IDENTITY = ("name", "tags")
    UNIQUE = False
    RENEWS = frozenset(["due"])
    RISKS = Risks(
        create=(Risk(Impact.SLOW, "until a new key is accepted", 60, 120),),  # (A27)
        recreate=(Risk(Impact.KEY_CHANGES, "its value is another: callers need the new one"),),
        update={
            "enabled": (Risk(Impact.SLOW, "until it is accepted again", 60, 120),),
            "due": (Risk(Impact.SLOW, "until its successor is accepted", 60, 120),),
        },
        delete=(Risk(Impact.KEY_CHANGES, "who has it is turned away"),),
    )
    API_CALLS = iam.ApiCalls(
        read=(
            iam.call("apigateway.GetApiKey", iam.gateway_permission("GET", "/apikeys/{id}")),
            iam.call("apigateway.GetApiKeys", iam.gateway_permission("GET", "/apikeys")),
            iam.call("apigateway.GetUsagePlan", iam.gateway_permission("GET", "/usageplans/*")),
            iam.call("apigateway.GetUsagePlans", iam.gateway_permission("GET", "/usageplans")),
        ),
        write=(
            iam.call(
                "apigateway.CreateApiKey",
                iam.gateway_permission("POST", "/apikeys", iam.TAGS_OWNER),
                tag_on_create("/apikeys/{id}"),
            ),
            iam.call(
                "apigateway.UpdateApiKey",
                iam.gateway_permission("PATCH", "/apikeys/{id}", iam.OWNED),
            ),
            *tag_update_calls("/apikeys/{id}"),
        ),
        delete=(
            iam.call(
                "apigateway.DeleteApiKey",
                iam.gateway_permission("DELETE", "/apikeys/{id}", iam.OWNED),
            ),
        ),
    )

    name: str
    enabled: bool = True
    description: str = ""
    due: bool = False
    plan: Local[str] = ""
    id: Computed[str] = ""
    made_on: Computed[str] = ""
    retired: Computed[tuple[RetiredKey, ...]] = ()
    claimed: Computed[tuple[str, ...]] = ()

    def called(self) -> str:
        return self.name

    def ailment(self) -> str:
        if not self.claimed:
            return ""
        return (
            f"{', '.join(self.claimed)} says by its tags that it is a retired key of this stack,"
            " and neither the state nor the usage plan knows it: it gets no access, and stays"
        )

    @property
    def ids(self) -> tuple[str, ...]:
        """Of all keys that a usage plan is to know."""
        if not is_known((self.id, self.retired)):
            return (self.id,)
        return tuple(sorted({self.id, *(old.id for old in self.retired)}))

    def observe(self, aws: Aws) -> Self | None:
        found = self._get(aws, self.id) if self.id else None
        if found is None or RETIRED in tags_of(found):
            every = self.find_candidates(aws)
            # Where the one that is known is gone, another look tells that nobody knows which it is.
            return every[0] if every and (len(every) == 1 or not self.id) else None
        marked = self._owned(aws, besides=self.id)
        known, others = self._told_apart(aws, filter(_is_retired, marked))
        return self._as_found(found, known, others)

    def find_candidates(self, aws: Aws) -> Sequence[Self]:
        """Of several the one that our usage plan holds is meant: it is let in already. Where that
        holds none of them, or more, nobody can tell."""
        every = self._owned(aws)
        retired, others = self._told_apart(aws, filter(_is_retired, every))
        ours = [key for key in every if not _is_retired(key)]
        held = [key for key in ours if len(ours) > 1 and self._holds(aws, key["id"])]
        likely = held if len(held) == 1 else ours
        return [self._as_found(key, retired, others) for key in likely or retired[-1:]]

    def _told_apart(
        self, aws: Aws, retired: Iterable[ApiKeyResponseTypeDef]
    ) -> tuple[list[ApiKeyResponseTypeDef], list[ApiKeyResponseTypeDef]]:
        """Those that the state or our usage plan knows, as they went; and others that say they are
        retired."""
        every = sorted(retired, key=_retired_on)
        recorded = set(self.ids) if is_known((self.id, self.retired)) else set()
        known = [key for key in every if key["id"] in recorded or self._holds(aws, key["id"])]
        return known, [key for key in every if key not in known]

    def _holds(self, aws: Aws, key_id: str) -> bool:
        """Whether the stack's usage plan holds the key, where one alone carries its mark."""
        holding = {plan["id"] for plan in self._plans(aws, key_id) if plan.get("name") == self.plan}
        if not self.plan or not holding:
            return False
        named = (plan["id"] for plan in self._plans(aws) if plan.get("name") == self.plan)
        stack = f"{self.owner.rpartition('/')[0]}/"
        ours = {
            plan_id
            for plan_id in named
            if tags_of({**aws.apigateway.get_usage_plan(usagePlanId=plan_id)})
            .get(OWNER, "")
            .startswith(stack)
        }
        return len(ours) == 1 and ours <= holding

    def _plans(self, aws: Aws, key_id: str = "") -> list[UsagePlanTypeDef]:
        """All, or those that hold a key."""
        pages = aws.apigateway.get_paginator("get_usage_plans")
        asked = pages.paginate(keyId=key_id) if key_id else pages.paginate()
        return [plan for page in asked for plan in page.get("items", [])]

    def _owned(self, aws: Aws, besides: str = "") -> list[ApiKeyResponseTypeDef]:
        """All of this name with our tag. The query is by prefix, what it lists has no tags
        (A22)."""
        pages = aws.apigateway.get_paginator("get_api_keys").paginate(nameQuery=self.name)
        named = {
            key["id"]
            for page in pages
            for key in page.get("items", [])
            if key.get("name") == self.name
        }
        return with_owner_tag(
            (self._get(aws, key_id) for key_id in sorted(named - {besides})), self.owner
        )

    def _as_found(
        self,
        found: ApiKeyResponseTypeDef,
        retired: Iterable[ApiKeyResponseTypeDef],
        others: Iterable[ApiKeyResponseTypeDef],
    ) -> Self:
        tags = tags_of(found)
        due = tags.pop(RETIRED, None) is not None
        return replace(
            self,
            name=found.get("name", ""),
            enabled=found["enabled"],
            description=found.get("description", ""),
            tags=tags,
            due=due,
            id=found["id"],
            made_on=_made_on(found),
            retired=tuple(_as_retired(key) for key in retired),
            claimed=tuple(sorted(key["id"] for key in others)),
        )

    def create(self, aws: Aws) -> Self:
        # The answer carries the value; only the id is taken (A23).
        made = aws.apigateway.create_api_key(
            name=self.name,
            description=self.description,
            enabled=self.enabled,
            tags=dict(self.tags),
        )
        aws.fresh.add(made["id"])
        return replace(self, id=made["id"], made_on=_made_on(made), retired=())

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:
        if "due" in changed:
            return replace(self.create(aws), retired=have.retired)
        if "tags" in changed:
            change_gateway_tags(aws, f"/apikeys/{have.id}", have.tags, self.tags)
        values = {
            "name": self.name,
            "description": self.description,
            "enabled": str(self.enabled).lower(),
        }
        patch: list[PatchOperationTypeDef] = [
            {"op": "replace", "path": f"/{field}", "value": value}
            for field, value in values.items()
            if field in changed
        ]
        if patch:
            aws.apigateway.update_api_key(apiKey=have.id, patchOperations=patch)
        return replace(self, id=have.id, made_on=have.made_on, retired=have.retired)

    def delete(self, aws: Aws) -> None:
        """The retired ones as well; not those that only claim to be."""
        for key_id in self.ids:
            delete_key(aws, key_id)

    def retire(self, aws: Aws) -> Self:
        """Mark the key as one that clients move away from; a successor is due."""
        today = aws.clock.today().date().isoformat()
        arn = aws.location.arn("apigateway", f"/apikeys/{self.id}", account=False)
        aws.apigateway.tag_resource(resourceArn=arn, tags={RETIRED: today})
        old = RetiredKey(id=self.id, enabled=self.enabled, made_on=self.made_on, retired_on=today)
        return replace(self, due=True, retired=(*self.retired, old))

    def _get(self, aws: Aws, key_id: str) -> ApiKeyResponseTypeDef | None:
        try:
            return aws.apigateway.get_api_key(apiKey=key_id)
        except aws.apigateway.exceptions.NotFoundException:
            return None


def switch_key(aws: Aws, key_id: str, *, enabled: bool) -> None:
    """Let a key work, or not."""
    aws.apigateway.update_api_key(
        apiKey=key_id,
        patchOperations=[{"op": "replace", "path": "/enabled", "value": str(enabled).lower()}],
    )


def delete_key(aws: Aws, key_id: str) -> None:
    """Already gone is success."""
    try:
        aws.apigateway.delete_api_key(apiKey=key_id)
    except aws.apigateway.exceptions.NotFoundException:
        return


def _is_retired(found: ApiKeyResponseTypeDef) -> bool:
    return RETIRED in tags_of(found)


def _retired_on(found: ApiKeyResponseTypeDef) -> tuple[str, str]:
    """In this order they went; of one day, as they came."""
    return tags_of(found)[RETIRED], found["createdDate"].isoformat()


def _as_retired(found: ApiKeyResponseTypeDef) -> RetiredKey:
    return RetiredKey(
        id=found["id"],
        enabled=found["enabled"],
        made_on=_made_on(found),
        retired_on=tags_of(found)[RETIRED],
    )


def _made_on(found: ApiKeyResponseTypeDef) -> str:
    return found["createdDate"].astimezone(UTC).date().isoformat()
