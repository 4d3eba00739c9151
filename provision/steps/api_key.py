"""An API key and those it has succeeded. Their values are the callers' secrets: AWS chooses them,
nothing here asks for them (A23).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from typing import TYPE_CHECKING, Final, Self

from provision.aws import Aws
from provision.hazards import Harm, Risk, Risks
from provision.permissions.declare import OURS, REQUESTED, Declared, call
from provision.step import Computed, Tagged
from provision.steps.gateway_tags import (
    change_gateway_tags,
    from_gateway,
    gateway,
    owned,
    retagging,
    tagged_at_birth,
)
from provision.unknown import is_known

if TYPE_CHECKING:
    from mypy_boto3_apigateway.type_defs import ApiKeyResponseTypeDef, PatchOperationTypeDef


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

    `due`: there are retired ones only, so a successor is to be made.

    https://docs.aws.amazon.com/apigateway/latest/api/API_CreateApiKey.html
    """

    KIND = "apigateway.key"
    IDENTITY = ("name", "tags")
    UNIQUE = False
    RENEWS = frozenset(["due"])
    RISKS = Risks(
        create=(Risk(Harm.SLOW, "until a new key is accepted", 60, 120),),  # A27
        anew=(Risk(Harm.KEY_CHANGES, "its value is another: callers need the new one"),),
        change={
            "enabled": (Risk(Harm.SLOW, "until it is accepted again", 60, 120),),
            "due": (Risk(Harm.SLOW, "until its successor is accepted", 60, 120),),
        },
        delete=(Risk(Harm.KEY_CHANGES, "who has it is turned away"),),
    )
    CALLS = Declared(
        look=(
            call("apigateway.GetApiKey", gateway("GET", "/apikeys/{id}")),
            call("apigateway.GetApiKeys", gateway("GET", "/apikeys")),
            call("apigateway.GetUsagePlans", gateway("GET", "/usageplans")),
        ),
        make=(
            call(
                "apigateway.CreateApiKey",
                gateway("POST", "/apikeys", REQUESTED),
                tagged_at_birth("/apikeys/{id}"),
            ),
            call("apigateway.UpdateApiKey", gateway("PATCH", "/apikeys/{id}", OURS)),
            *retagging("/apikeys/{id}"),
        ),
        remove=(call("apigateway.DeleteApiKey", gateway("DELETE", "/apikeys/{id}", OURS)),),
    )

    name: str
    enabled: bool = True
    description: str = ""
    due: bool = False
    id: Computed[str] = ""
    made_on: Computed[str] = ""
    retired: Computed[tuple[RetiredKey, ...]] = ()

    def called(self) -> str:
        return self.name

    @property
    def ids(self) -> tuple[str, ...]:
        """Of all keys that a usage plan is to know."""
        if not is_known((self.id, self.retired)):
            return (self.id,)
        return tuple(sorted({self.id, *(old.id for old in self.retired)}))

    def observe(self, aws: Aws) -> Self | None:
        found = self._get(aws, self.id) if self.id else None
        if found is None or RETIRED in from_gateway(found):
            return next(iter(self.search(aws)), None)
        retired = [key for key in self._owned(aws, besides=self.id) if _is_retired(key)]
        return self._as_found(found, retired)

    def search(self, aws: Aws) -> Sequence[Self]:
        """Of several the one in a usage plan is meant; a second one there may be some client's, and
        is nobody's predecessor."""
        every = self._owned(aws)
        retired = sorted(filter(_is_retired, every), key=_retired_on)
        ours = [key for key in every if key not in retired]
        used = [key for key in ours if len(ours) > 1 and self._in_plans(aws, key["id"])]
        likely = [*used[:1], *(key for key in ours if key not in used)]
        return [self._as_found(key, retired) for key in likely or retired[-1:]]

    def _owned(self, aws: Aws, besides: str = "") -> list[ApiKeyResponseTypeDef]:
        """All of this name with our tag. A22: the query is by prefix, what it lists has no tags."""
        pages = aws.apigateway.get_paginator("get_api_keys").paginate(nameQuery=self.name)
        named = {
            key["id"]
            for page in pages
            for key in page.get("items", [])
            if key.get("name") == self.name
        }
        return owned((self._get(aws, key_id) for key_id in sorted(named - {besides})), self.owner)

    def _in_plans(self, aws: Aws, key_id: str) -> bool:
        return bool(aws.apigateway.get_usage_plans(keyId=key_id).get("items", []))

    def _as_found(
        self, found: ApiKeyResponseTypeDef, retired: Iterable[ApiKeyResponseTypeDef]
    ) -> Self:
        tags = from_gateway(found)
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
        )

    def create(self, aws: Aws) -> Self:
        # A23: the answer carries the value; only the id is taken.
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
        """The retired ones as well."""
        for key_id in self.ids:
            delete_key(aws, key_id)

    def retire(self, aws: Aws) -> Self:
        """Mark the key as one that clients move away from; a successor is due."""
        today = aws.clock.today().date().isoformat()
        arn = aws.where.arn("apigateway", f"/apikeys/{self.id}", account=False)
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
    return RETIRED in from_gateway(found)


def _retired_on(found: ApiKeyResponseTypeDef) -> tuple[str, str]:
    """In this order they went; of one day, as they came."""
    return from_gateway(found)[RETIRED], found["createdDate"].isoformat()


def _as_retired(found: ApiKeyResponseTypeDef) -> RetiredKey:
    return RetiredKey(
        id=found["id"],
        enabled=found["enabled"],
        made_on=_made_on(found),
        retired_on=from_gateway(found)[RETIRED],
    )


def _made_on(found: ApiKeyResponseTypeDef) -> str:
    return found["createdDate"].astimezone(UTC).date().isoformat()
