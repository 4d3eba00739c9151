"""Recognizes that this machine's clock is wrong.

AWS refuses a request whose time differs by more than five minutes, with several codes and texts:
https://docs.aws.amazon.com/IAM/latest/UserGuide/signing-elements.html
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from provision.errors import NoCredentials

_CODES: Final = frozenset({"RequestTimeTooSkewed", "RequestInTheFuture", "RequestExpired"})
_TEXTS: Final = ("Signature expired", "Signature not yet current", "is now earlier than")
_APART: Final = 300.0
"""The difference in seconds that AWS allows."""
_SET: Final = (
    "sudo sntp -sS time.apple.com" if sys.platform == "darwin" else "sudo timedatectl set-ntp true"
)


def clock_is_wrong(what: str) -> NoCredentials:
    """Return the error: the credentials are valid, and other ones would not help."""
    return NoCredentials(
        f"this machine's clock is wrong: {what}",
        hint=f"set it: `{_SET}`; it shows {datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
    )


def by_the_clock(response: Any) -> NoCredentials | None:
    """Return the error if AWS refused the signature because of the time, otherwise None.

    Every answer of AWS has the time there.
    """
    details = response.get("Error", {})
    code, text = str(details.get("Code", "")), str(details.get("Message", ""))
    apart = _seconds_ahead(response)
    if abs(apart) > _APART:
        ahead = "ahead of" if apart > 0 else "behind"
        return clock_is_wrong(f"{abs(apart) / 60:.0f} minutes {ahead} AWS's ({code}: {text})")
    if code in _CODES or any(part in text for part in _TEXTS):
        return clock_is_wrong(f"AWS says {code}: {text}")
    return None


def _seconds_ahead(response: Any) -> float:
    """Return how far this machine's clock is ahead; 0 if the answer has no date."""
    headers = response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    try:
        there = parsedate_to_datetime(headers["date"])
    except (KeyError, TypeError, ValueError):
        return 0.0
    return (datetime.now(UTC) - there.astimezone(UTC)).total_seconds()
