"""KMS: the AWS managed key of a table, which MiniStack names by an alias that has no key."""

from __future__ import annotations

import json
from typing import Any

from provision.local.corrections.success import Success


def install(events: Any) -> None:
    events.register("before-call.kms.DescribeKey", _managed)


def _managed(params: dict[str, Any], **_: Any) -> tuple[Success, dict[str, Any]] | None:
    key = json.loads(params["body"])["KeyId"]
    if ":alias/aws/" not in key:
        return None
    return Success(), {"KeyMetadata": {"KeyId": key, "Arn": key, "KeyManager": "AWS"}}
