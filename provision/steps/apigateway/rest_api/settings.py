"""The patches of an API's settings as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.steps.apigateway.rest_api.contents import Settings

if TYPE_CHECKING:
    from mypy_boto3_apigateway.literals import OpType
    from mypy_boto3_apigateway.type_defs import PatchOperationTypeDef


def settings_patches(want: Settings, have: Settings) -> list[PatchOperationTypeDef]:
    """Return the patches of the settings that differ."""
    wanted, found = set(want.binary_types), set(have.binary_types)
    patches = [
        *(_media_type("remove", name) for name in sorted(found - wanted)),
        *(_media_type("add", name) for name in sorted(wanted - found)),
    ]
    if have.key_source != want.key_source:
        patches.append({"op": "replace", "path": "/apiKeySource", "value": want.key_source})
    if have.endpoints != want.endpoints:
        path = f"/endpointConfiguration/types/{have.endpoints[0]}"
        patches.append({"op": "replace", "path": path, "value": want.endpoints[0]})
    if have.compress_from != want.compress_from:
        patches.append({"op": "replace", "path": "/minimumCompressionSize", "value": ""})
    if have.policy != want.policy:
        patches.append({"op": "replace", "path": "/policy", "value": want.policy})
    return patches


def _media_type(operation: OpType, name: str) -> PatchOperationTypeDef:
    return {"op": operation, "path": f"/binaryMediaTypes/{name.replace('/', '~1')}"}
