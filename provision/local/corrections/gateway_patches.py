"""API Gateway: patches with typed values, JSON pointers and lists, and missing operations."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from provision.local.corrections.raw import RawClient
from provision.local.corrections.success import Success

Patch = dict[str, Any]
Document = dict[str, Any]

_AS_ON_AWS: Final = ("UpdateStage", "UpdateAccount", "UpdateRequestValidator")
_LISTS: Final = (("UpdateRestApi", "binaryMediaTypes"), ("UpdateAuthorizer", "providerARNs"))
_REPLACED_BY_PUT: Final = (
    "UpdateGatewayResponse",
    "UpdateMethodResponse",
    "UpdateIntegrationResponse",
)


def install(events: Any, raw: RawClient) -> None:
    events.register("before-call.api-gateway", partial(_correct, raw))
    for operation in _REPLACED_BY_PUT:
        events.register(f"before-call.api-gateway.{operation}", partial(_put, raw))
    events.register("before-call.api-gateway.UpdateDomainName", partial(_domain, raw))
    events.register("before-call.api-gateway.UpdateBasePathMapping", partial(_mapping, raw))


def _correct(raw: RawClient, model: Any, params: dict[str, Any], **_: Any) -> None:
    """Send values of the right type and whole collections instead of patches of their members.

    MiniStack stores every value as the string that it receives, `~1` as two characters, and
    replaces a list by the member to be added.
    """
    if not model.name.startswith("Update") or model.name in _AS_ON_AWS:
        return
    body = json.loads(params["body"])
    patches = body.get("patchOperations", [])
    whole = {name for patch in patches if (name := _collection(model.name, patch))}
    current = raw.json("GET", params["url_path"]) if whole else {}
    if whole and not current:
        return  # the call itself will fail, as the resource does not exist
    patched = _patched(current, patches, model.output_shape)
    body["patchOperations"] = [
        *(
            {**patch, "value": _typed(model.output_shape, _tokens(patch), patch["value"])}
            if "value" in patch
            else patch
            for patch in patches
            if _collection(model.name, patch) not in whole
        ),
        *(
            {"op": "replace", "path": f"/{name}", "value": patched.get(name)}
            for name in sorted(whole)
        ),
    ]
    params["body"] = json.dumps(body).encode()


def _collection(operation: str, patch: Patch) -> str | None:
    """Return the collection that must be sent whole for this patch, or None."""
    name, *rest = _tokens(patch)
    if (operation, name) == ("UpdateUsagePlan", "apiStages") and not rest:
        return name
    if (operation, name) in _LISTS:
        return name
    return name if rest and "/" in rest[0] else None


def _put(
    raw: RawClient, model: Any, params: dict[str, Any], **_: Any
) -> tuple[Success, Document] | None:
    current = raw.json("GET", params["url_path"])
    if not current:
        return None
    wanted = _patched(current, json.loads(params["body"])["patchOperations"], model.output_shape)
    return Success(), _answer(raw.json("PUT", params["url_path"], wanted))


def _domain(
    raw: RawClient, model: Any, params: dict[str, Any], **_: Any
) -> tuple[Success, Document] | None:
    """Overwrite the domain name by creating it again, which deletes its mappings; restore them."""
    path = params["url_path"]
    current = raw.json("GET", path)
    if not current:
        return None
    mappings = raw.json("GET", f"{path}/basepathmappings").get("item", [])
    wanted = _patched(current, json.loads(params["body"])["patchOperations"], model.output_shape)
    made = raw.json("POST", "/domainnames", wanted)
    for mapping in mappings:
        raw.json("POST", f"{path}/basepathmappings", mapping)
    return Success(), _answer(made)


def _mapping(
    raw: RawClient, model: Any, params: dict[str, Any], **_: Any
) -> tuple[Success, Document] | None:
    path = params["url_path"]
    current = raw.json("GET", path)
    if not current:
        return None
    wanted = _patched(current, json.loads(params["body"])["patchOperations"], model.output_shape)
    if "restapiId" in wanted:  # the patch's path has `restapiId`, the document `restApiId`
        wanted["restApiId"] = wanted.pop("restapiId")
    if wanted["basePath"] != current["basePath"]:
        raw.json("DELETE", path)
    return Success(), _answer(raw.json("POST", path.rpartition("/")[0], wanted))


def _answer(made: Document) -> Document:
    return {**made, "ResponseMetadata": {"HTTPStatusCode": 200}}


def _patched(current: Mapping[str, Any], patches: list[Patch], shape: Any) -> Document:
    """Return the document after the patches, applied as API Gateway understands JSON Patch."""
    document: Document = json.loads(json.dumps(current))
    for patch in patches:
        name, *rest = _tokens(patch)
        value = _typed(shape, [name, *rest], patch.get("value"))
        removed = patch["op"] == "remove"
        member = document.get(name)
        if name == "apiStages":
            document[name] = _members(member, _stage(patch["value"]), removed=removed)
        elif name == "providerARNs":
            document[name] = _members(member, value, removed=removed)
        elif name == "binaryMediaTypes":
            document[name] = _members(member, rest[0], removed=removed)
        elif removed:
            (member if rest and isinstance(member, dict) else document).pop(
                rest[0] if rest else name, None
            )
        elif rest:
            document[name] = {**(member or {}), rest[0]: value}
        else:
            document[name] = value
    return document


def _members(have: list[Any] | None, member: Any, *, removed: bool) -> list[Any]:
    others = [each for each in have or [] if each != member]
    return others if removed else [*others, member]


def _stage(value: str) -> dict[str, str]:
    api_id, _, stage = value.partition(":")
    return {"apiId": api_id, "stage": stage}


def _tokens(patch: Patch) -> list[str]:
    tokens = patch["path"].removeprefix("/").split("/")
    return [token.replace("~1", "/").replace("~0", "~") for token in tokens]


def _typed(shape: Any, tokens: list[str], value: str | None) -> Any:
    """Return a patch's value, always a string, as the type of the field that it is for."""
    for token in tokens:
        if shape is None:
            return value
        shape = shape.members.get(token) if shape.type_name == "structure" else _value(shape)
    if value is None or shape is None:
        return value
    match shape.type_name:
        case "boolean":
            return value.lower() == "true"
        case "integer" | "long":
            return int(value) if value else None  # an empty value disables compression
        case "double" | "float":
            return float(value)
        case _:
            return value


def _value(shape: Any) -> Any:
    return shape.value if shape.type_name == "map" else None
