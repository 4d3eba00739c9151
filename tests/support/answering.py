"""Lambda's answers to an invocation, as a test words them."""

from __future__ import annotations

import base64
import io
import json
from collections import deque
from typing import Any, Final, NamedTuple

from botocore.response import StreamingBody

from tests.support.harness import Recorder

IMPORT_ERROR: Final = {
    "errorType": "Runtime.ImportModuleError",
    "errorMessage": "Unable to import module 'app': No module named 'x'",
}
KEY_ERROR: Final = {"errorType": "KeyError", "errorMessage": "'PLACE'"}


class Reply(NamedTuple):
    """The handler's or the runtime's result; `error` is the FunctionError."""

    payload: Any
    log: str = ""
    error: str | None = "Unhandled"


class Refusal(NamedTuple):
    """Lambda's error instead of an invocation."""

    code: str
    message: str = ""
    status: int = 400


class _Http(NamedTuple):
    status_code: int


class Answering(Recorder):
    """Answers Invoke in the account's place, and records the requests.

    Each call gets the next reply; the last reply is repeated.
    """

    def __init__(self, *replies: Reply | Refusal | Exception) -> None:
        super().__init__()
        self.replies = deque(replies)
        self.asked: list[dict[str, Any]] = []

    def watch(self, client: Any) -> None:
        super().watch(client)
        client.meta.events.register("provide-client-params.lambda.Invoke", self._note)
        client.meta.events.register("before-call.lambda.Invoke", self._answer)

    def _note(self, params: dict[str, Any], **_: Any) -> None:
        self.asked.append(params)

    def _answer(self, **_: Any) -> Any:
        reply = self.replies.popleft() if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        if isinstance(reply, Refusal):
            error = {"Code": reply.code, "Message": reply.message}
            metadata = {"HTTPStatusCode": reply.status}
            return _Http(reply.status), {"Error": error, "ResponseMetadata": metadata}
        content = json.dumps(reply.payload).encode()
        answer: dict[str, Any] = {
            "ResponseMetadata": {"HTTPStatusCode": 200},
            "Payload": StreamingBody(io.BytesIO(content), len(content)),
            "LogResult": base64.b64encode(reply.log.encode()).decode(),
        }
        if reply.error:
            answer["FunctionError"] = reply.error
        return _Http(200), answer
