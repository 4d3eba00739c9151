"""Each spelling of "not found" is recognised as that answer, and no other error is."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from provision.steps.not_found import found_or_none, ignore_not_found


def _raise(code: str) -> int:
    raise ClientError({"Error": {"Code": code, "Message": "as AWS says it"}}, "DescribeThing")


@pytest.mark.parametrize(
    "code", ["NotFoundException", "NoSuchEntity", "InvalidVpcID.NotFound", "NoSuchHostedZone"]
)
def test_a_missing_resource_is_an_answer(code: str) -> None:
    assert found_or_none(lambda: _raise(code)) is None
    with ignore_not_found():
        _raise(code)


def test_what_is_found_is_returned_even_if_it_is_empty() -> None:
    assert found_or_none(lambda: "") == ""


def test_any_other_refusal_is_raised() -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        found_or_none(lambda: _raise("AccessDenied"))
    with pytest.raises(ClientError, match="AccessDenied"), ignore_not_found():
        _raise("AccessDenied")
