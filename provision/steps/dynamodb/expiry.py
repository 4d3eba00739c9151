"""The expiry of a table's items: by one attribute, which can be changed once an hour."""

from __future__ import annotations

from typing import Any, Final

from botocore.exceptions import ClientError

from provision.aws.client import Aws
from provision.errors import TryLater
from provision.model.risks import Impact, Risk, enabled


def _was_on(have: Any, want: Any) -> bool:  # noqa: ARG001  (the two differ)
    return bool(have)


def _to_another(have: Any, want: Any) -> bool:
    return bool(have) and bool(want)


RISKS: Final = (
    Risk(Impact.DATA_LOSS, "AWS deletes expired items", when=enabled),
    Risk(Impact.WEAKER, "items with only the old attribute never expire", when=_was_on),
    Risk(Impact.SLOW, "two runs: one ends the old, one begins the new", 3600, when=_to_another),
)


def found_attribute(aws: Aws, table: str) -> str | None:
    found = aws.dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    return found.get("AttributeName") if found["TimeToLiveStatus"].startswith("ENABL") else None


def change_expiry(aws: Aws, table: str, before: str | None, wanted: str | None) -> None:
    """Change the attribute; raise `TryLater` if a second run must set the new one in an hour."""
    if before:  # to switch off, AWS requires the attribute that is on now (D12)
        set_expiry(aws, table, before, enabled=False)
    if before and wanted:
        raise TryLater(
            f"{table}: expiry by {before!r} is off; AWS allows one change an hour",
            hint=f"run `provision up` again in an hour: it switches on expiry by {wanted!r}",
        )
    if wanted:
        set_expiry(aws, table, wanted, enabled=True)


def set_expiry(aws: Aws, table: str, attribute: str, *, enabled: bool) -> None:
    switched = "on" if enabled else "off"
    try:
        aws.dynamodb.update_time_to_live(
            TableName=table,
            TimeToLiveSpecification={"AttributeName": attribute, "Enabled": enabled},
        )
    except ClientError as error:  # all are ValidationException, only the texts differ (D12)
        text = error.response["Error"]["Message"]
        if "multiple times within a fixed interval" in text:
            raise TryLater(
                f"{table}: its expiry was changed recently; AWS allows one change an hour",
                hint="run `provision up` again in an hour: it switches"
                f" {switched} expiry by {attribute!r}",
            ) from error
        if f"already {'enabled' if enabled else 'disabled'}" not in text:
            raise  # otherwise the same call succeeded before and its answer was lost
