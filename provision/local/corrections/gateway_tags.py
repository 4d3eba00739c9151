"""API Gateway: one set of tags per resource.

MiniStack has two: that of the create call and that of TagResource. The second is made the only one:
it is filled at creation and returned by every read.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final
from urllib.parse import quote, urlencode

from provision.local.corrections.raw import RawClient

_PARAMS: Final = "provision_local_params"
_PARTITION: Final = "aws"  # the only one of MiniStack

Place = Callable[[dict[str, Any], dict[str, Any]], str]

# (answer, request parameters) -> the resource's path in its ARN
_PLACES: Final[dict[str, Place]] = {
    "RestApi": lambda shown, _: f"/restapis/{shown['id']}",
    "Stage": lambda shown, asked: f"/restapis/{asked['restApiId']}/stages/{shown['stageName']}",
    "ApiKey": lambda shown, _: f"/apikeys/{shown['id']}",
    "UsagePlan": lambda shown, _: f"/usageplans/{shown['id']}",
    "DomainName": lambda shown, _: f"/domainnames/{shown['domainName']}",
}


def install(events: Any, raw: RawClient) -> None:
    for noun, place in _PLACES.items():
        create, *reads = (f"{verb}{noun}" for verb in ("Create", "Get", "Update"))
        for operation in (create, *reads, f"Get{noun}s"):
            events.register(f"provide-client-params.api-gateway.{operation}", _note_params)
        events.register(f"after-call.api-gateway.{create}", partial(_keep, raw, place))
        for operation in (*reads, f"Get{noun}s"):
            events.register(f"after-call.api-gateway.{operation}", partial(_show, raw, place))


def _note_params(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    context[_PARAMS] = params


def _keep(
    raw: RawClient, place: Place, parsed: dict[str, Any], context: dict[str, Any], **_: Any
) -> None:
    """Store the create call's tags, and delete those that a stage of the same name has left."""
    if "Error" in parsed:
        return
    asked = context[_PARAMS]
    path = _tags_path(raw, place(parsed, asked))
    wanted = asked.get("tags") or {}
    if old := sorted(set(_read(raw, path)) - set(wanted)):
        raw.json("DELETE", f"{path}?{urlencode([('tagKeys', key) for key in old])}")
    raw.json("PUT", path, {"tags": wanted})


def _show(
    raw: RawClient, place: Place, parsed: dict[str, Any], context: dict[str, Any], **_: Any
) -> None:
    if "Error" in parsed:
        return
    several = parsed.get("items", parsed.get("item"))  # GetStages says `item`
    for shown in [parsed] if several is None else several:
        tags = _read(raw, _tags_path(raw, place(shown, context[_PARAMS])))
        shown.pop("tags", None)
        if tags:
            shown["tags"] = tags


def _read(raw: RawClient, path: str) -> dict[str, str]:
    tags: dict[str, str] = raw.json("GET", path).get("tags", {})
    return tags


def _tags_path(raw: RawClient, place: str) -> str:
    return "/tags/" + quote(f"arn:{_PARTITION}:apigateway:{raw.region}::{place}", safe="")
