"""An API key and its retired keys, which it succeeded.

Their values are the callers' secrets: AWS chooses them, and no call here asks for them (A23).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from typing import TYPE_CHECKING, Final, Self

from provision.aws.client import Aws
from provision.model import iam
from provision.model.capabilities import ReportsProblems
from provision.model.risks import Impact, Risk, Risks
from provision.model.step import OWNER, Computed, Local, Renews, Tagged
from provision.steps.apigateway.tags import (
    change_gateway_tags,
    tag_on_create,
    tag_update_calls,
    tags_of,
    with_owner_tag,
)
from provision.steps.not_found import found_or_none, ignore_not_found
from provision.unknown import is_known

if TYPE_CHECKING:
    from mypy_boto3_apigateway.type_defs import (
        ApiKeyResponseTypeDef,
        PatchOperationTypeDef,
        UsagePlanTypeDef,
    )


RETIRED: Final = "provision:retired-on"
"""The tag of a key that has, or will get, a successor. The key works until it is switched off."""


@dataclass(frozen=True, kw_only=True)
class RetiredKey:
    """A key that clients should stop using. Dates are `YYYY-MM-DD`, in UTC."""

    id: str
    enabled: bool
    made_on: str
    retired_on: str


@dataclass(frozen=True, kw_only=True)
class ApiKey(Tagged, ReportsProblems):
    """An API key: of several with its name (A21), the one with our tag that is not retired.

    No field is fixed, so it is never replaced, and no change loses its value. `due` means that
    there are only retired keys, so a successor must be created. `plan` is the name of the stack's
    usage plan.

    Tags can be copied. A retired key counts only if it is in the state or in that usage plan, since
    it then gives access already. `claimed` are the ids of other keys that are tagged as retired:
    they get no access and are not deleted.

    https://docs.aws.amazon.com/apigateway/latest/api/API_CreateApiKey.html
    """

    KIND = "apigateway.key"
    IDENTITY = ("name", "tags")
    RISKS = Risks(
        create=(Risk(Impact.SLOW, "until a new key is accepted", 60, 120),),  # (A27)
        recreate=(Risk(Impact.KEY_CHANGES, "its value changes: callers need the new one"),),
        update={
            "enabled": (Risk(Impact.SLOW, "until it is accepted again", 60, 120),),
            "due": (Risk(Impact.SLOW, "until its successor is accepted", 60, 120),),
        },
        delete=(Risk(Impact.KEY_CHANGES, "clients that use it are refused"),),
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
    due: Renews[bool] = False
    plan: Local[str] = ""
    id: Computed[str] = ""
    made_on: Computed[str] = ""
    retired: Computed[tuple[RetiredKey, ...]] = ()
    claimed: Computed[tuple[str, ...]] = ()

    def called(self) -> str:
        return self.name

    def reported_problem(self) -> str:
        if not self.claimed:
            return ""
        return (
            f"{', '.join(self.claimed)} has the tags of a retired key of this stack, but neither"
            " the state nor the usage plan has it: it gets no access, and is kept"
        )

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all keys that the usage plan should contain."""
        if not is_known((self.id, self.retired)):
            return (self.id,)
        return tuple(sorted({self.id, *(old.id for old in self.retired)}))

    def observe(self, aws: Aws) -> Self | None:
        found = self._get(aws, self.id) if self.id else None
        if found is None or RETIRED in tags_of(found):
            every = self.find_candidates(aws)
            # If the recorded key is gone and several remain, none is chosen here: the engine then
            # observes without an id, and reports that they are ambiguous.
            return every[0] if every and (len(every) == 1 or not self.id) else None
        marked = self._owned(aws, besides=self.id)
        known, others = self._told_apart(aws, filter(_is_retired, marked))
        return self._from_aws(found, known, others)

    def find_candidates(self, aws: Aws) -> Sequence[Self]:
        """Return the key, of several the one in our usage plan, which gives access already.

        If the plan has none of them, or more than one, all are returned: they are ambiguous. If
        there are only retired keys, the last one is returned.
        """
        every = self._owned(aws)
        retired, others = self._told_apart(aws, filter(_is_retired, every))
        ours = [key for key in every if not _is_retired(key)]
        held = [key for key in ours if len(ours) > 1 and self._holds(aws, key["id"])]
        likely = held if len(held) == 1 else ours
        return [self._from_aws(key, retired, others) for key in likely or retired[-1:]]

    def _told_apart(
        self, aws: Aws, retired: Iterable[ApiKeyResponseTypeDef]
    ) -> tuple[list[ApiKeyResponseTypeDef], list[ApiKeyResponseTypeDef]]:
        """Return the retired keys that are in the state or in our usage plan, and the others.

        Both are in the order of retirement.
        """
        every = sorted(retired, key=_retired_on)
        recorded = set(self.ids) if is_known((self.id, self.retired)) else set()
        known = [key for key in every if key["id"] in recorded or self._holds(aws, key["id"])]
        return known, [key for key in every if key not in known]

    def _holds(self, aws: Aws, key_id: str) -> bool:
        """Return whether the stack's usage plan contains the key.

        False if not exactly one plan of that name carries an owner tag of the stack.
        """
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
        """Return all usage plans, or those that contain the key."""
        pages = aws.apigateway.get_paginator("get_usage_plans")
        asked = pages.paginate(keyId=key_id) if key_id else pages.paginate()
        return [plan for page in asked for plan in page.get("items", [])]

    def _owned(self, aws: Aws, besides: str = "") -> list[ApiKeyResponseTypeDef]:
        """Return all keys of this name with our tag, except `besides`.

        The query matches prefixes, and the list has no tags (A22).
        """
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

    def _from_aws(
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
        # The answer contains the key's value, which is not used (A23).
        made = aws.apigateway.create_api_key(
            name=self.name,
            description=self.description,
            enabled=self.enabled,
            tags=dict(self.tags),
        )
        aws.new_ids.add(made["id"])
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
        """Delete the key and its retired keys, but not the `claimed` ones."""
        for key_id in self.ids:
            delete_key(aws, key_id)

    def retire(self, aws: Aws) -> Self:
        """Tag the key as retired, and return it with a successor due."""
        today = aws.clock.today().date().isoformat()
        arn = aws.location.arn("apigateway", f"/apikeys/{self.id}", account=False)
        aws.apigateway.tag_resource(resourceArn=arn, tags={RETIRED: today})
        old = RetiredKey(id=self.id, enabled=self.enabled, made_on=self.made_on, retired_on=today)
        return replace(self, due=True, retired=(*self.retired, old))

    def _get(self, aws: Aws, key_id: str) -> ApiKeyResponseTypeDef | None:
        return found_or_none(lambda: aws.apigateway.get_api_key(apiKey=key_id))


def switch_key(aws: Aws, key_id: str, *, enabled: bool) -> None:
    """Enable or disable a key."""
    aws.apigateway.update_api_key(
        apiKey=key_id,
        patchOperations=[{"op": "replace", "path": "/enabled", "value": str(enabled).lower()}],
    )


def delete_key(aws: Aws, key_id: str) -> None:
    """Delete a key; succeed if it does not exist."""
    with ignore_not_found():
        aws.apigateway.delete_api_key(apiKey=key_id)


def _is_retired(found: ApiKeyResponseTypeDef) -> bool:
    return RETIRED in tags_of(found)


def _retired_on(found: ApiKeyResponseTypeDef) -> tuple[str, str]:
    """Return the key to sort by: the day of retirement, then the time of creation."""
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
