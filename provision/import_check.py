"""Whether a version's code can be imported: it is invoked once by its number, before callers reach
it by the alias.
"""

from __future__ import annotations

import base64
import json
import re
from typing import Final

from provision.aws import Aws
from provision.errors import ProvisionError
from provision.permissions.declare import Permit, arn, call
from provision.steps.version import Version

PAYLOAD: Final = '{"provision": "import check"}'
"""What the handler gets. What it makes of that does not matter: then it was imported."""
TOLD: Final = 12
"""Lines of the log's end that are shown."""
CALLS: Final = (
    call(
        "lambda.Invoke",
        Permit("lambda:InvokeFunction", (arn("lambda", "function:{stack}-*:*"),)),
    ),
)

_INIT_FAILED: Final = re.compile(r"^INIT_REPORT\b.*\bStatus: (error|timeout)\b", re.MULTILINE)


class ImportFails(ProvisionError):
    """The code of a version ends before its handler could be called."""


def check_import(aws: Aws, version: Version) -> None:
    """Run the version once. Raises `ImportFails` with the log's last lines.

    https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
    """
    answer = aws.lambda_.invoke(
        FunctionName=version.function,
        Qualifier=version.number,
        InvocationType="RequestResponse",
        LogType="Tail",
        Payload=PAYLOAD.encode(),
    )
    log = base64.b64decode(answer.get("LogResult", "")).decode("utf-8", "replace")
    error = _error(answer["Payload"].read()) if answer.get("FunctionError") else {}
    kind = error.get("errorType", "")
    if not kind.startswith("Runtime.") and not init_failed(log):
        return
    what = ": ".join(part for part in (kind, error.get("errorMessage")) if part)
    lines = [f"  {line.expandtabs()}" for line in log.strip().splitlines()[-TOLD:]]
    raise ImportFails(
        f"version {version.number} cannot be imported: {what}".rstrip(": "),
        more=lines,
        hint="the alias has not moved; mend the code and save it (`provision up` would move it)",
    )


def init_failed(log: str) -> bool:
    """Whether Lambda reports, as text or as JSON, that the code ended while it was loaded."""
    return bool(_INIT_FAILED.search(log)) or any(map(_reports_failure, log.splitlines()))


def _reports_failure(line: str) -> bool:
    if '"platform.initReport"' not in line:
        return False
    try:
        event = json.loads(line)
    except ValueError:
        return False
    return event.get("record", {}).get("status") in {"error", "failure", "timeout"}


def _error(payload: bytes) -> dict[str, str]:
    """What a failed invocation answers; empty where it is not as AWS documents it."""
    try:
        error = json.loads(payload)
    except ValueError:
        return {}
    if not isinstance(error, dict):
        return {}
    return {name: str(value) for name, value in error.items() if value is not None}
