"""An API key. Its value is the caller's secret: AWS chooses it, nothing here asks for it (A23)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

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

if TYPE_CHECKING:
    from mypy_boto3_apigateway.type_defs import ApiKeyResponseTypeDef, PatchOperationTypeDef


@dataclass(frozen=True, kw_only=True)
class ApiKey(Tagged):
    """Several keys may have one name (A21): ours is the one with our tag. Nothing in it is fixed,
    so it is never replaced and its value never lost by a change.

    https://docs.aws.amazon.com/apigateway/latest/api/API_CreateApiKey.html
    """

    KIND = "apigateway.key"
    IDENTITY = ("name", "tags")
    UNIQUE = False
    RISKS = Risks(
        create=(Risk(Harm.SLOW, "until a new key is accepted", 60, 120),),  # A27
        anew=(Risk(Harm.KEY_CHANGES, "its value is another: callers need the new one"),),
        change={
            "enabled": (Risk(Harm.SLOW, "until it is accepted again", 60, 120),),
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
    id: Computed[str] = ""

    @property
    def label(self) -> str:
        return self.name

    def observe(self, aws: Aws) -> Self | None:
        if not self.id:
            return next(iter(self.search(aws)), None)
        found = self._get(aws, self.id)
        return self._as_found(found) if found else None

    def search(self, aws: Aws) -> Sequence[Self]:
        """A22: the query is by prefix, and what it lists has no tags. Of several the one in a usage
        plan is meant; a second one there may be some client's, and is nobody's predecessor."""
        pages = aws.apigateway.get_paginator("get_api_keys").paginate(nameQuery=self.name)
        named = [key["id"] for page in pages for key in page["items"] if key["name"] == self.name]
        ours = owned((self._get(aws, key_id) for key_id in sorted(named)), self.owner)
        used = [key for key in ours if len(ours) > 1 and self._in_plans(aws, key["id"])]
        return [self._as_found(key) for key in (*used[:1], *(k for k in ours if k not in used))]

    def _in_plans(self, aws: Aws, key_id: str) -> bool:
        return bool(aws.apigateway.get_usage_plans(keyId=key_id)["items"])

    def _as_found(self, found: ApiKeyResponseTypeDef) -> Self:
        return replace(
            self,
            name=found.get("name", ""),
            enabled=found["enabled"],
            description=found.get("description", ""),
            tags=from_gateway(found),
            id=found["id"],
        )

    def create(self, aws: Aws) -> Self:
        # A23: the answer carries the value; only the id is taken.
        key_id = aws.apigateway.create_api_key(
            name=self.name,
            description=self.description,
            enabled=self.enabled,
            tags=dict(self.tags),
        )["id"]
        aws.fresh.add(key_id)
        return replace(self, id=key_id)

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:
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
        return replace(self, id=have.id)

    def delete(self, aws: Aws) -> None:
        try:
            aws.apigateway.delete_api_key(apiKey=self.id)
        except aws.apigateway.exceptions.NotFoundException:
            return

    def _get(self, aws: Aws, key_id: str) -> ApiKeyResponseTypeDef | None:
        try:
            return aws.apigateway.get_api_key(apiKey=key_id)
        except aws.apigateway.exceptions.NotFoundException:
            return None
