"""IAM: an empty description clears a role's. MiniStack ignores empty parameters."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from provision.local.corrections.raw import RawClient

_CLEARED: Final = "provision_local_cleared_description"


def install(events: Any, raw: RawClient) -> None:
    events.register("provide-client-params.iam.UpdateRole", _note_cleared)
    events.register("after-call.iam.UpdateRole", partial(_clear, raw))


def _note_cleared(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    if params.get("Description") == "":
        context[_CLEARED] = params["RoleName"]


def _clear(raw: RawClient, parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    role = context.get(_CLEARED)
    if role and "Error" not in parsed:
        raw.query("UpdateRoleDescription", {"RoleName": role})  # MiniStack: absent means empty
