"""Uploads zips to Lambda without extra copies in memory.

A zip is sent within a JSON document. botocore writes that with five copies of the zip in memory;
here the zip is put into the finished document.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any, Final

_HELD: Final = "zip"
_EMPTY: Final = re.compile(rb'("ZipFile": ?")(")')
"""The empty zip in the document. The caller's texts cannot match: their quotes are escaped."""
_UPLOADS: Final = ("CreateFunction", "PublishLayerVersion", "UpdateFunctionCode")


def upload_zips_directly(client: Any) -> None:
    """Make a client of Lambda upload its zips this way."""
    for operation in _UPLOADS:
        client.meta.events.register(f"provide-client-params.lambda.{operation}", _take_out)
        client.meta.events.register(f"before-call.lambda.{operation}", _put_in)


def _take_out(params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Return the parameters with an empty zip, and keep the zip in the call's context."""
    block = next((name for name in ("Code", "Content") if name in params), None)
    inner = params[block] if block else params
    context[_HELD] = inner["ZipFile"]
    emptied = {**inner, "ZipFile": b""}
    return {**params, block: emptied} if block else emptied


def _put_in(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    """Put the zip into the document that botocore has written."""
    body: bytes = params["body"]
    place = _EMPTY.search(body)
    assert place
    encoded = base64.b64encode(context.pop(_HELD))
    params["body"] = b"".join((body[: place.end(1)], encoded, body[place.start(2) :]))
