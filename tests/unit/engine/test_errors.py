"""Every error as the user reads it: the event, the command to type next, and the exit code."""

from __future__ import annotations

import pytest
from botocore.exceptions import (
    ClientError,
    DataNotFoundError,
    EndpointConnectionError,
    LoginError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
    SSOError,
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


LOGIN = (
    "check with `aws sts get-caller-identity`, or try without an account: `provision up --local`"
)


@pytest.mark.parametrize(
    ("error", "message", "hint"),
    [
        (
            NoCredentialsError(),
            "no AWS credentials were found",
            f"`aws configure`, or --profile NAME; {LOGIN}",
        ),
        (
            PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"),
            "no AWS credentials were found",
            f"`aws configure`, or --profile NAME; {LOGIN}",
        ),
        (
            ProfileNotFound(profile="x"),
            "The config profile (x) could not be found",
            "`aws configure list-profiles` shows those there are",
        ),
        (
            SSOError(),
            f"the SSO session has expired: {SSOError()}",
            "`aws sso login`, then run it again",
        ),
        (
            LoginError(),
            f"the session of `aws login` has expired: {LoginError()}",
            "`aws login`, then run it again",
        ),
        (NoRegionError(), "no region is set", "--region NAME, or region: in config.yaml"),
        (
            ResponseParserError("<html>"),
            "an answer cannot be read: it is from neither AWS nor an emulator",
            "something else answered, perhaps a proxy: --debug shows its answer",
        ),
        (
            DataNotFoundError(data_path="x"),
            "Unable to load data for: x",
            "run it again; --debug shows more",
        ),
        (
            ZeroDivisionError("oops"),
            "unexpected ZeroDivisionError: oops",
            "run it again with --debug and report it",
        ),
        (
            refused("ValidationException"),
            "CreateTable: ValidationException: AWS's own text (request r-1)",
            "fix the cause and run it again",
        ),
        (
            ClientError({"Error": {"Code": "503", "Message": "Unavailable"}}, "CreateTable"),
            "CreateTable: HTTP 503 Unavailable",
            "AWS, or something in between, does not serve this now: run it again",
        ),
        (ClientError({}, "CreateTable"), "CreateTable: : ", "fix the cause and run it again"),
        (
            refused("ResourceNotFoundException"),
            "CreateTable: ResourceNotFoundException: AWS's own text (request r-1)",
            (
                "if it existed a moment ago, another run or user is changing this stack: wait"
                " for that to end, then run it again"
            ),
        ),
        (
            refused("ExpiredToken"),
            "the temporary credentials have expired (ExpiredToken: AWS's own text)",
            "get new ones: `aws sso login`, or where they came from; then run it again",
        ),
        (
            refused("SignatureDoesNotMatch"),
            (
                "the secret key does not belong to the access key"
                " (SignatureDoesNotMatch: AWS's own text)"
            ),
            f"set both again: `aws configure`; {LOGIN}",
        ),
        (
            refused("UnrecognizedClientException"),
            (
                "AWS does not accept these credentials here"
                " (UnrecognizedClientException: AWS's own text)"
            ),
            (
                "set them again: `aws configure`, or log in: `aws sso login`; if `aws sts"
                " get-caller-identity --region us-east-1` accepts them, the region is not enabled:"
                " `aws account list-regions --region us-east-1`"
            ),
        ),
    ],
)
def test_the_words_and_the_command(error: Exception, message: str, hint: str) -> None:
    told = translate_error(error)
    assert (told.message, told.hint) == (message, hint)


@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedByPolicy"])
def test_a_denied_call_is_recognised_by_the_beginning_of_its_code(code: str) -> None:
    assert isinstance(translate_error(refused(code)), NotPermitted)


def test_what_a_stranger_answered_is_not_told() -> None:
    """A foreign server's answer, which botocore puts into the error, is not shown."""
    told = translate_error(ResponseParserError("invalid XML received:\nb'\\x1b[31mOWNED'"))
    assert "OWNED" not in told.message + told.hint


def test_ours_stay_as_they_are() -> None:
    error = NotOwned("somebody else's", hint="--adopt it")
    assert translate_error(error) is error
