"""Any error as the user should read it: which call, what AWS said, what to type next."""

from __future__ import annotations

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOTokenLoadError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)

from provision.codes import DENIED, EXPIRED
from provision.errors import NoCredentials, ProvisionError, Refused, Unreachable
from provision.permissions.refusal import refusal

_LOGIN = (
    "check with `aws sts get-caller-identity`, or try without an account: `provision up --local`"
)


def explain(error: Exception) -> ProvisionError:
    """The error as one of ours. Errors of ours come back as they are; what nobody foresaw keeps its
    traceback as the cause, shown by --debug."""
    if isinstance(error, ProvisionError):
        return error
    told = _told(error)
    told.__cause__ = error
    return told


def _told(error: Exception) -> ProvisionError:
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
        case UnauthorizedSSOTokenError() | SSOTokenLoadError() | TokenRetrievalError():
            return NoCredentials(
                f"the SSO session has ended: {error}", hint="`aws sso login`, then run it again"
            )
        case NoRegionError():
            return NoCredentials(
                "no region is set", hint="--region NAME, or region: in config.yaml"
            )
        case EndpointConnectionError() | ConnectTimeoutError():
            return Unreachable(
                str(error),
                hint="check the network and AWS_ENDPOINT_URL; on local: `provision local start`",
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
    if code in EXPIRED:
        return NoCredentials(
            f"AWS does not accept these credentials any more ({code}: {text})",
            hint=f"log in again (`aws sso login`, or new keys); {_LOGIN}",
        )
    if code in DENIED or code.startswith("AccessDenied"):
        return refusal(error)
    request = error.response.get("ResponseMetadata", {}).get("RequestId", "")
    tail = f" (request {request})" if request else ""
    return Refused(f"{call}: {code}: {text}{tail}", hint="mend the cause and run it again")
