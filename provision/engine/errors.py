"""Translates errors for the user: which call failed, what AWS said, what to type next."""

from __future__ import annotations

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    LoginError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)
from botocore.parsers import ResponseParserError

from provision.aws.clock_skew import by_the_clock
from provision.aws.connection_errors import no_answer
from provision.aws.error_codes import (
    ACCESS_DENIED,
    BAD_SIGNATURE,
    EXPIRED_CREDENTIALS,
    UNKNOWN_KEY,
    is_not_found,
)
from provision.errors import ApiError, NoCredentials, ProvisionError
from provision.permissions.access_denied import refusal

_LOGIN = (
    "check with `aws sts get-caller-identity`, or try without an account: `provision up --local`"
)


def translate_error(error: Exception) -> ProvisionError:
    """Return the error as one of ours; ours are returned unchanged.

    An unexpected error keeps its traceback as the cause, which --debug shows.
    """
    if isinstance(error, ProvisionError):
        return error
    told = _translate(error)
    told.__cause__ = error
    return told


def _translate(error: Exception) -> ProvisionError:
    match error:
        case ClientError():
            return _refused(error)
        case NoCredentialsError() | PartialCredentialsError():
            return NoCredentials(
                "no AWS credentials were found",
                hint=f"`aws configure`, or --profile NAME; {_LOGIN}",
            )
        case ProfileNotFound():
            return NoCredentials(
                str(error), hint="`aws configure list-profiles` shows those there are"
            )
        case SSOError() | TokenRetrievalError():
            return NoCredentials(
                f"the SSO session has expired: {error}", hint="`aws sso login`, then run it again"
            )
        case LoginError():
            return NoCredentials(
                f"the session of `aws login` has expired: {error}",
                hint="`aws login`, then run it again",
            )
        case NoRegionError():
            return NoCredentials(
                "no region is set", hint="--region NAME, or region: in config.yaml"
            )
        case BotoCoreError() if told := no_answer(error):
            return told
        case ResponseParserError():  # its text is the whole answer, of any server
            return ProvisionError(
                "an answer cannot be read: it is from neither AWS nor an emulator",
                hint="something else answered, perhaps a proxy: --debug shows its answer",
            )
        case BotoCoreError():
            return ProvisionError(str(error), hint="run it again; --debug shows more")
    return ProvisionError(
        f"unexpected {type(error).__name__}: {error}",
        hint="run it again with --debug and report it",
    )


def _refused(error: ClientError) -> ProvisionError:
    details = error.response.get("Error", {})
    code, text = str(details.get("Code", "")), str(details.get("Message", ""))
    call = error.operation_name
    if code in BAD_SIGNATURE | UNKNOWN_KEY | EXPIRED_CREDENTIALS:
        return _not_accepted(error)
    if code in ACCESS_DENIED or code.startswith("AccessDenied"):
        return refusal(error)
    request = error.response.get("ResponseMetadata", {}).get("RequestId", "")
    tail = f" (request {request})" if request else ""
    if code.isdigit():  # not a code of AWS: the HTTP status of the responding server
        hint = "AWS, or something in between, does not serve this now: run it again"
        return ApiError(f"{call}: HTTP {code} {text}{tail}", hint=hint)
    hint = "fix the cause and run it again"
    if is_not_found(code):
        hint = (
            "if it existed a moment ago, another run or user is changing this stack: wait for that"
            " to end, then run it again"
        )
    return ApiError(f"{call}: {code}: {text}{tail}", hint=hint)


def _not_accepted(error: ClientError) -> NoCredentials:
    """Return the error for credentials that AWS does not accept, with the remedy for the reason."""
    details = error.response.get("Error", {})
    code, text = str(details.get("Code", "")), str(details.get("Message", ""))
    if told := by_the_clock(error.response):
        return told
    if code in EXPIRED_CREDENTIALS:
        return NoCredentials(
            f"the temporary credentials have expired ({code}: {text})",
            hint="get new ones: `aws sso login`, or where they came from; then run it again",
        )
    if code in BAD_SIGNATURE:
        return NoCredentials(
            f"the secret key does not belong to the access key ({code}: {text})",
            hint=f"set both again: `aws configure`; {_LOGIN}",
        )
    return NoCredentials(
        f"AWS does not accept these credentials here ({code}: {text})",
        hint="set them again: `aws configure`, or log in: `aws sso login`; if `aws sts"
        " get-caller-identity --region us-east-1` accepts them, the region is not enabled:"
        " `aws account list-regions --region us-east-1`",
    )
