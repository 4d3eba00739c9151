"""Any error as the user reads it: what happened, what to type next, which exit code."""

from __future__ import annotations

import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
    TokenRetrievalError,
)
from botocore.parsers import ResponseParserError

from provision.engine.errors import translate_error
from provision.errors import ApiError, NoCredentials, NotOwned, NotPermitted, ProvisionError


def refused(code: str, message: str = "AWS's own text") -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"RequestId": "r-1"}},  # type: ignore[typeddict-item]
        "CreateTable",
    )


@pytest.mark.parametrize(
    ("error", "kind", "code", "said", "typed"),
    [
        (NoCredentialsError(), NoCredentials, 1, "no AWS credentials", "aws configure"),
        (ProfileNotFound(profile="x"), NoCredentials, 1, "(x)", "list-profiles"),
        (
            TokenRetrievalError(provider="sso", error_msg="expired"),
            NoCredentials,
            1,
            "SSO session has expired",
            "aws sso login",
        ),
        (refused("ExpiredTokenException"), NoCredentials, 1, "have expired", "aws sso login"),
        (refused("ExpiredToken"), NoCredentials, 1, "have expired", "aws sso login"),
        (refused("UnrecognizedClientException"), NoCredentials, 1, "not accept", "aws configure"),
        (
            refused("AccessDeniedException"),
            NotPermitted,
            8,
            "CreateTable was denied",
            "CreateTable",
        ),
        (refused("UnauthorizedOperation"), NotPermitted, 8, "was denied", "allow"),
        (refused("ValidationException"), ApiError, 1, "(request r-1)", "run it again"),
        (
            EndpointConnectionError(endpoint_url="http://x"),
            ProvisionError,
            1,
            "http://x",
            "AWS_ENDPOINT_URL",
        ),
        (
            ReadTimeoutError(endpoint_url="http://x"),
            ProvisionError,
            1,
            "x accepted",
            "run it again",
        ),
        (ResponseParserError("invalid XML: b'x'"), ProvisionError, 1, "cannot be read", "--debug"),
        (ZeroDivisionError("oops"), ProvisionError, 1, "unexpected ZeroDivisionError", "--debug"),
    ],
)
def test_every_error_says_what_happened_and_what_to_type(
    error: Exception, kind: type[ProvisionError], code: int, said: str, typed: str
) -> None:
    told = translate_error(error)
    assert isinstance(told, kind)
    assert told.exit_code == code
    assert said in told.message
    assert typed in told.hint
    assert told.__cause__ is error


def test_what_a_stranger_answered_is_not_told() -> None:
    """botocore puts the whole of it into the error."""
    told = translate_error(ResponseParserError("invalid XML received:\nb'\\x1b[31mOWNED'"))
    assert "OWNED" not in told.message + told.hint


def test_ours_stay_as_they_are() -> None:
    error = NotOwned("somebody else's", hint="--adopt it")
    assert translate_error(error) is error
