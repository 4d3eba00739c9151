"""How a zip travels to Lambda: within a JSON document. botocore writes that with five copies of the
zip in memory; here it is put into the finished document.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any, Final

_HELD: Final = "zip"
_EMPTY: Final = re.compile(rb'("ZipFile": ?")(")')
"""In the document; a text of the caller's has its quotes escaped, so it holds no such words."""
_UPLOADS: Final = ("CreateFunction", "PublishLayerVersion", "UpdateFunctionCode")


def upload_zips_directly(client: Any) -> None:
    """Of a client of Lambda."""
    for operation in _UPLOADS:
        client.meta.events.register(f"provide-client-params.lambda.{operation}", _take_out)
        client.meta.events.register(f"before-call.lambda.{operation}", _put_in)


def _take_out(params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> dict[str, Any]:
    """The parameters with an empty zip."""
    block = next((name for name in ("Code", "Content") if name in params), None)
    inner = params[block] if block else params
    context[_HELD] = inner["ZipFile"]
    emptied = {**inner, "ZipFile": b""}
    return {**params, block: emptied} if block else emptied


def _put_in(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    """The document with the zip, once botocore has written it."""
    body: bytes = params["body"]
    place = _EMPTY.search(body)
    assert place
    encoded = base64.b64encode(context.pop(_HELD))
    params["body"] = b"".join((body[: place.end(1)], encoded, body[place.start(2) :]))
