"""The corrections' own requests to the emulator, which bypass boto3, where calls are counted."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from provision.local.limitations import CREDENTIALS

_VERSIONS: Final = {"ec2": "2016-11-15", "iam": "2010-05-08"}


@dataclass(frozen=True)
class RawClient:
    """A client of one service in one region. The emulator reads a key's scope, not signatures."""

    endpoint: str
    region: str
    service: str
    session: Any
    """The HTTP session of the boto3 client, whose connections verify the emulator's identity."""

    def json(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Return the answer's JSON object, or {} if it is empty or not a success."""
        text = None if body is None else json.dumps(body)
        status, answer = self._send(method, path, text, "application/json")
        found = json.loads(answer) if status < http.client.BAD_REQUEST and answer else {}
        return found if isinstance(found, dict) else {}

    def query(self, action: str, parameters: Mapping[str, str]) -> None:
        """Make a call of EC2 or IAM and ignore its answer."""
        form = {"Action": action, "Version": _VERSIONS[self.service], **parameters}
        self._send("POST", "/", urlencode(form), "application/x-www-form-urlencoded")

    def _send(self, method: str, path: str, body: str | None, kind: str) -> tuple[int, bytes]:
        from botocore.awsrequest import AWSRequest  # noqa: PLC0415 - the SDK is loaded by now

        scope = f"{CREDENTIALS[0]}/20260101/{self.region}/{self.service}/aws4_request"
        headers = {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}", "Content-Type": kind}
        url = self.endpoint + path
        sent = AWSRequest(method=method, url=url, headers=headers, data=body or b"").prepare()
        answer = self.session.send(sent)
        return answer.status_code, answer.content
