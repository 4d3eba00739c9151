"""The account's name for people: a twelve-digit number is easily taken for another."""

from __future__ import annotations

from typing import Final

from provision.aws.client import Aws
from provision.aws.failed_call import NO_GOOD_ANSWER
from provision.model import iam

CALLS: Final = iam.calls("iam", iam.ANY_RESOURCE, "ListAccountAliases")


def account_alias(aws: Aws) -> str:
    """The alias; empty where there is none, or where it may not be asked for."""
    try:
        aliases = aws.iam.list_account_aliases()["AccountAliases"]
    except NO_GOOD_ANSWER:  # it is said for people only: nothing depends on it
        return ""
    return next(iter(aliases), "")
