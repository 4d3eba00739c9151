"""API Gateway: CreateRestApi's TLS settings, which MiniStack drops there but keeps when patched."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from provision.local.corrections.raw import RawClient

_ASKED: Final = "provision_local_tls"
_MEMBERS: Final = ("securityPolicy", "endpointAccessMode")


def install(events: Any, raw: RawClient) -> None:
    events.register("provide-client-params.api-gateway.CreateRestApi", _note)
    events.register("after-call.api-gateway.CreateRestApi", partial(_keep, raw))


def _note(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    context[_ASKED] = {name: params[name] for name in _MEMBERS if name in params}


def _keep(raw: RawClient, parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    if "Error" in parsed or not (asked := context.get(_ASKED)):
        return
    patches = [{"op": "replace", "path": f"/{name}", "value": asked[name]} for name in asked]
    raw.json("PATCH", f"/restapis/{parsed['id']}", {"patchOperations": patches})
    parsed.update(asked)
