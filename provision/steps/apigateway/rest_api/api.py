"""A REST API with its routes, preflights, validators, models and gateway responses.

One step, because AWS serialises writes on one API (A3) and one deployment freezes it all.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Self, cast

from provision.aws.client import Aws
from provision.errors import NotOwned
from provision.model import iam
from provision.model.capabilities import GrantsAccess, HasOwnRisks, ReportsProblems
from provision.model.risks import Risk
from provision.model.step import OWNER, Computed, Document, Local, Replacement, Tagged
from provision.steps.apigateway.rest_api.contents import (
    Authorizer,
    Contents,
    Cors,
    Route,
    served_methods,
)
from provision.steps.apigateway.rest_api.differences import differences
from provision.steps.apigateway.rest_api.digest import digest_of
from provision.steps.apigateway.rest_api.public import auth_risks, key_risks
from provision.steps.apigateway.rest_api.reading import READING, empty, read, settings_of
from provision.steps.apigateway.rest_api.risks import API_RISKS, removal_risks
from provision.steps.apigateway.rest_api.routes import contents_of, cors_of, routes_of
from provision.steps.apigateway.rest_api.settings import settings_patches
from provision.steps.apigateway.rest_api.status import AVAILABLE, describe, state_of, wait_available
from provision.steps.apigateway.rest_api.writing import WRITING, write
from provision.steps.apigateway.tags import (
    change_gateway_tags,
    has_owner_tag,
    tag_on_create,
    tag_update_calls,
    tags_of,
)
from provision.steps.apigateway.tls import LEAST, UNSAID, tls_patches
from provision.steps.foreign import mark_of
from provision.steps.not_found import ignore_not_found
from provision.unknown import UNKNOWN, is_known

if TYPE_CHECKING:
    from mypy_boto3_apigateway.literals import EndpointAccessModeType, SecurityPolicyType
    from mypy_boto3_apigateway.type_defs import (
        CreateRestApiRequestTypeDef,
        PatchOperationTypeDef,
        RestApiResponseTypeDef,
        RestApiTypeDef,
    )

__all__ = ["Cors", "RestApi", "Route"]

_API: Final = "/restapis/{id}"
_CONTENTS: Final = frozenset(["routes", "cors", "models", "binary", "authorizers", "strays"])
_TLS: Final = frozenset(["security_policy", "access_mode"])
_FROZEN: Final = _CONTENTS | _TLS | {"default_endpoint"}
"""The fields that take effect only with a deployment (A8)."""
EDITION: Final = "provision:edition"
"""A tag that counts the writes of contents that a deployment freezes, repairs of drift included. It
changes before the first of those writes."""


@dataclass(frozen=True, kw_only=True)
class RestApi(Tagged, GrantsAccess, HasOwnRisks, ReportsProblems):
    """A Regional REST API that takes API keys from the header x-api-key.

    `routes` are sorted by path and method, the media types of `binary` by name; `models` are JSON
    Schemas by name, `authorizers` are sorted by name; `strays` describes contents that the other
    fields cannot express.
    `security_policy` sets the minimum TLS, under the domain's name too (A37); `state` is AWS's
    status, `filled` whether it has any method; `holds` is the digest last observed or written. A
    deployment of its `release` makes it live (A8).

    https://docs.aws.amazon.com/apigateway/latest/api/API_CreateRestApi.html
    """

    KIND = "apigateway.rest_api"
    IDENTITY = ("tags",)
    REPLACEMENT = Replacement.CREATE_FIRST
    RISKS = API_RISKS
    API_CALLS = iam.ApiCalls(
        read=(
            iam.call("apigateway.GetRestApis", iam.gateway_permission("GET", "/restapis")),
            iam.call("apigateway.GetRestApi", iam.gateway_permission("GET", _API)),
            *READING,
        ),
        write=(
            iam.call(
                "apigateway.CreateRestApi",
                iam.gateway_permission("POST", "/restapis", iam.TAGS_OWNER),
                tag_on_create(_API),
            ),
            iam.call(
                "apigateway.UpdateRestApi",
                iam.gateway_permission("PATCH", _API, iam.OWNED),
                # Needed to remove a resource policy that another user gave the API.
                iam.Permission(
                    "apigateway:UpdateRestApiPolicy", (iam.gateway_arn(_API),), (iam.OWNED,)
                ),
            ),
            *WRITING,
            *tag_update_calls(_API),
        ),
        delete=(
            iam.call("apigateway.DeleteRestApi", iam.gateway_permission("DELETE", _API, iam.OWNED)),
            iam.call("apigateway.GetStages", iam.gateway_permission("GET", f"{_API}/stages")),
        ),
    )

    name: str
    description: str = ""
    default_endpoint: bool = True
    security_policy: str = LEAST
    access_mode: str = ""
    routes: tuple[Route, ...]
    cors: Cors | None = None
    models: dict[str, Document]
    binary: tuple[str, ...] = ()
    authorizers: tuple[Authorizer, ...] = ()
    strays: tuple[str, ...] = ()
    state: Local[str] = AVAILABLE
    filled: Local[bool] = True
    id: Computed[str] = ""
    root_id: Computed[str] = ""
    edition: Computed[str] = ""
    holds: Computed[str] = ""

    def called(self) -> str:
        return self.name

    def reported_problem(self) -> str:
        return f"its state in AWS is {self.state}" if self.state.startswith("FAILED") else ""

    def own_risks(self, have: Self | None) -> Sequence[Risk]:
        before = have.routes if have else ()
        risks = (key_risks, auth_risks, removal_risks)
        return tuple(risk for each in risks for risk in each(self.routes, before))

    def digest(self) -> str:
        """Return the digest of all that a deployment freezes; unknown while a part is unknown."""
        frozen = [self.routes, self.cors, self.models, self.binary, self.authorizers]
        if not is_known(frozen):
            unknown: str = UNKNOWN
            return unknown
        # The default endpoint and TLS also take effect only with a deployment (A37).
        others = {
            "default_endpoint": self.default_endpoint,
            "tls": [self.security_policy, self.access_mode],
        }
        return digest_of(self.contents(), others)

    def release(self) -> str:
        """Return the digest and edition of the deployment that this API needs."""
        # Drift may have been deployed already, under any description. So a repair of drift is a
        # write that needs a new edition, and a repair that is still to come counts as well.
        if not is_known([self.edition, self.holds, digest := self.digest()]):
            unknown: str = UNKNOWN
            return unknown
        return f"{digest}.{self.edition if self.holds == digest else _following(self.edition)}"

    def served(self) -> tuple[str, ...]:
        """Return what its deployment shows (`Deployment.served`); unknown while a route is."""
        if not is_known([self.routes, self.cors]):
            unknown: tuple[str, ...] = UNKNOWN
            return unknown
        return served_methods(self.contents())

    def contents(self) -> Contents:
        """Return the contents that the fields describe, as AWS would show them."""
        return contents_of(self.routes, self.cors, self.models, self.binary, self.authorizers)

    def observe(self, aws: Aws) -> Self | None:
        if not self.id:
            return next(iter(self.find_candidates(aws)), None)
        found = describe(aws, self.id)
        return self._read(aws, found) if found else None

    def find_candidates(self, aws: Aws) -> Sequence[Self]:
        """Return those with methods first: a create without an answer left the empty ones."""
        listed = sorted(self._ours(aws), key=lambda api: api["id"])
        found = [self._read(aws, one) for api in listed if (one := describe(aws, api["id"]))]
        return sorted(found, key=lambda one: not one.filled)

    def matching(self, ours: Sequence[Self]) -> Sequence[Self]:
        """Return the one API with methods, else all: creates without an answer left empty ones."""
        filled = [one for one in ours if one.filled]
        return filled if len(filled) == 1 else ours

    def _read(self, aws: Aws, found: RestApiTypeDef | RestApiResponseTypeDef) -> Self:
        reading = read(aws, found["id"], settings_of(found), self.authorizers)
        tags = tags_of(found)
        seen = replace(
            self,
            name=found["name"],
            description=found.get("description", ""),
            default_endpoint=not found.get("disableExecuteApiEndpoint", False),
            security_policy=found.get("securityPolicy") or UNSAID,
            access_mode=found.get("endpointAccessMode") or "",
            state=state_of(found),
            routes=routes_of(reading.contents),
            cors=cors_of(reading.contents),
            models=dict(reading.contents.models),
            binary=reading.contents.settings.binary_types,
            authorizers=tuple(one for _, one in sorted(reading.contents.authorizers.items())),
            tags={key: value for key, value in tags.items() if key != EDITION},
            id=found["id"],
            filled=any(reading.contents.resources.values()),
            root_id=reading.resources["/"],
            edition=tags.get(EDITION, ""),
        )
        apart = differences(seen.contents(), reading.contents)
        holds = seen.digest() if not apart else "what no definition says"
        return replace(seen, strays=self._strays(apart, reading.contents), holds=holds)

    def _strays(self, apart: tuple[str, ...], found: Contents) -> tuple[str, ...]:
        """Return the lines of `apart` that differ from the wanted contents too."""
        # The preflight of a missing route still allows it: at odds with what was found, yet right.
        if not apart or not is_known([self.routes, self.cors, self.models]):
            return apart
        wrong = differences(self.contents(), found)
        return tuple(line for line in apart if line in wrong)

    def create(self, aws: Aws) -> Self:
        request: CreateRestApiRequestTypeDef = {
            "name": self.name,
            "description": self.description,
            "apiKeySource": "HEADER",
            "endpointConfiguration": {"types": ["REGIONAL"]},
            "disableExecuteApiEndpoint": not self.default_endpoint,
            "securityPolicy": cast("SecurityPolicyType", self.security_policy),
            "tags": {**self.tags, EDITION: _following("")},
        }
        if self.binary:
            request["binaryMediaTypes"] = self.binary
        if self.access_mode:
            request["endpointAccessMode"] = cast("EndpointAccessModeType", self.access_mode)
        made = aws.apigateway.create_rest_api(**request)
        aws.new_ids.add(made["id"])
        root = made["rootResourceId"]
        write(aws, made["id"], empty(root), self.contents())
        return replace(
            self, id=made["id"], root_id=root, edition=_following(""), holds=self.digest()
        )

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:
        place, edition = f"/restapis/{have.id}", have.edition
        if "tags" in changed:
            change_gateway_tags(aws, place, have.tags, self.tags)
        if _FROZEN & set(changed):
            edition = _following(edition)
            change_gateway_tags(aws, place, {}, {EDITION: edition})
        patches = self._patches(have, changed)
        reading = None
        if _CONTENTS & set(changed):
            # Read again, since `write` needs the contents: `changed` names only the fields.
            settings = settings_of(aws.apigateway.get_rest_api(restApiId=have.id))
            reading = read(aws, have.id, settings, (*self.authorizers, *have.authorizers))
            patches += settings_patches(self.contents().settings, settings)
        if patches:
            aws.apigateway.update_rest_api(restApiId=have.id, patchOperations=patches)
        if _TLS & set(changed):  # AWS refuses other writes until then (A37)
            wait_available(aws, have.id, self.name)
        if reading:
            write(aws, have.id, reading, self.contents())
        return replace(self, id=have.id, root_id=have.root_id, edition=edition, holds=self.digest())

    def keeping_access_of(self, have: Self) -> Self:
        """Keep AWS's own address until the domain answers: its certificate may never be issued."""
        return replace(self, default_endpoint=self.default_endpoint or have.default_endpoint)

    def delete(self, aws: Aws) -> None:
        # AWS deletes stages, deployments and methods too; mappings and plans are deleted (A31).
        with ignore_not_found():
            self._refuse_stages_of_others(aws)
            aws.apigateway.delete_rest_api(restApiId=self.id)

    def _refuse_stages_of_others(self, aws: Aws) -> None:
        for stage in aws.apigateway.get_stages(restApiId=self.id).get("item", []):
            owner = stage.get("tags", {}).get(OWNER, "")
            if owner and mark_of(owner) != mark_of(self.owner):
                raise NotOwned(
                    f"{self.name} has a stage {stage['stageName']} that belongs to {owner}",
                    hint="delete that stage, or its tag, then run the command again",
                )

    def _ours(self, aws: Aws) -> list[RestApiTypeDef]:
        """Return the APIs that carry our owner tag, which the list shows (A5)."""
        pages = aws.apigateway.get_paginator("get_rest_apis").paginate(
            PaginationConfig={"PageSize": 500}
        )
        return [
            api for page in pages for api in page.get("items", []) if has_owner_tag(api, self.owner)
        ]

    def _patches(self, have: Self, changed: Collection[str]) -> list[PatchOperationTypeDef]:
        values = {
            "name": ("/name", self.name),
            "description": ("/description", self.description),
            "default_endpoint": (
                "/disableExecuteApiEndpoint",
                "false" if self.default_endpoint else "true",
            ),
        }
        patches: list[PatchOperationTypeDef] = [
            {"op": "replace", "path": path, "value": value}
            for name, (path, value) in values.items()
            if name in changed
        ]
        if _TLS & set(changed):
            patches += tls_patches(self.security_policy, self.access_mode, have.access_mode)
        return patches


def _following(edition: str) -> str:
    """Return the next edition: "1" if there is none yet, or if it is not a number."""
    return str(int(edition) + 1) if edition.isdecimal() else "1"
