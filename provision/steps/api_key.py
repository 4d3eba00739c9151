"""An API key. Its value is the caller's secret: AWS chooses it, nothing here asks for it (A23)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from provision.aws import Aws
from provision.permissions.declare import OURS, REQUESTED, Declared, call
from provision.step import Computed, Tagged
from provision.steps.gateway_tags import (
    change_gateway_tags,
    from_gateway,
    gateway,
    has_owner,
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
    CALLS = Declared(
        look=(
            call("apigateway.GetApiKey", gateway("GET", "/apikeys/{id}")),
            call("apigateway.GetApiKeys", gateway("GET", "/apikeys")),
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
        found = self._get(aws, self.id) if self.id else self._find(aws)
        if found is None:
            return None
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

    def _find(self, aws: Aws) -> ApiKeyResponseTypeDef | None:
        """A22: the query is by prefix, and what it lists has no tags."""
        pages = aws.apigateway.get_paginator("get_api_keys").paginate(nameQuery=self.name)
        named = [key["id"] for page in pages for key in page["items"] if key["name"] == self.name]
        for key_id in sorted(named):
            found = self._get(aws, key_id)
            if found and has_owner(found, self.owner):
                return found
        return None
