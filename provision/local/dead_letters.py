"""Writes the event that failed into a dead-letter queue as Lambda does; MiniStack has a record.

The body is the event itself, and three attributes say why it is there:
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq.
"""

# ruff: noqa: SLF001 - MiniStack, pinned to one version, has no public interface for any of this

from __future__ import annotations

import contextvars
import hashlib
import importlib
import json
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final
from uuid import uuid4

_LONGEST: Final = 1024
"""The most bytes of an error's message that Lambda keeps."""
_request: Final = contextvars.ContextVar("the request of the last invocation", default="")


def install() -> None:
    """Patch MiniStack. Called once, in the emulator's process, before it serves."""
    functions: Any = importlib.import_module("ministack.services.lambda_svc")
    functions._route_async_failure = partial(_route, functions, functions._route_async_failure)


def invoked(request_id: str) -> None:
    """Note the request of the invocation that ended last on this thread."""
    _request.set(request_id)


def _route(
    functions: Any,
    route: Callable[..., None],
    target: str,
    name: str,
    event: object,
    result: Mapping[str, Any],
) -> None:
    """Write the event into the function's dead-letter queue; leave other targets to MiniStack."""
    config = functions._functions.get(name, {}).get("config", {})
    sqs: Any = importlib.import_module("ministack.services.sqs")
    queue = sqs._queue_by_arn(target) if ":sqs:" in target else None
    if queue is None or config.get("DeadLetterConfig", {}).get("TargetArn") != target:
        route(target, name, event, result)
        return
    answer = result.get("body")
    said = str(answer.get("errorMessage", "")) if isinstance(answer, dict) else ""
    attributes = {
        "RequestID": {"DataType": "String", "StringValue": _request.get()},
        "ErrorCode": {"DataType": "Number", "StringValue": "200"},
        "ErrorMessage": {"DataType": "String", "StringValue": _shortened(said)},
    }
    given = {each: value for each, value in attributes.items() if value["StringValue"]}
    queue["messages"].append(_message(sqs, queue, json.dumps(event), given))
    sqs.esm_wake.set()


def _message(
    sqs: Any, queue: Any, body: str, attributes: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    """Return a message as MiniStack keeps it."""
    now = time.time()
    return {
        "id": str(uuid4()),
        "body": body,
        "md5_body": hashlib.md5(body.encode(), usedforsecurity=False).hexdigest(),
        "md5_attrs": sqs._md5_msg_attrs(attributes),
        "receipt_handle": None,
        "sent_at": now,
        "visible_at": now + sqs.queue_delay(queue),
        "receive_count": 0,
        "first_receive_at": None,
        "message_attributes": dict(attributes),
        "sys": sqs._build_send_sys_attrs(now, {}),
        "group_id": None,
        "dedup_id": None,
        "dedup_cache_key": None,
        "seq": None,
    }


def _shortened(text: str) -> str:
    return text.encode()[:_LONGEST].decode("utf-8", "ignore")
