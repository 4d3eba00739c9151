"""Reads the account's alias for the user, who may confuse twelve-digit numbers."""

from __future__ import annotations

from typing import Final

from provision.aws.client import Aws
from provision.aws.failed_call import NO_GOOD_ANSWER
from provision.model import iam

CALLS: Final = iam.calls("iam", iam.ANY_RESOURCE, "ListAccountAliases")


def account_alias(aws: Aws) -> str:
    """Return the alias; empty if there is none or if it may not be read."""
    try:
        aliases = aws.iam.list_account_aliases()["AccountAliases"]
    except NO_GOOD_ANSWER:  # only shown to the user: nothing depends on it
        return ""
    return next(iter(aliases), "")
