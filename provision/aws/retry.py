"""Decides which AWS errors are temporary and how long to retry each, by code and message.

botocore's own retries are off: it replays creates that have no token after a lost answer (X1), and
it knows a throttle only by code (X4, X5). Everything is decided in one place, `retry_rule_for`
(docs/decisions/0004-one-retry-table.md; the facts are in docs/aws-behaviours.md).
"""

from __future__ import annotations

import random
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from provision.aws.connection_errors import UNTRUSTED
from provision.aws.error_codes import ACCESS_DENIED, BUSY_CODES, THROTTLES, is_not_found
from provision.aws.failed_call import FailedCall, is_ambiguous


@dataclass(frozen=True)
class RetryRule:
    """A temporary condition, with its budget, first pause and longest pause, all in seconds."""

    name: str
    budget: float
    first: float
    cap: float


IAM_PROPAGATION: Final = RetryRule("a role or policy to take effect", 300, 0.25, 5)
ACCOUNT_ROLE: Final = RetryRule("API Gateway to accept its logging role", 120, 20, 20)  # (A19, A1)
STAGE_LOGGING: Final = RetryRule("the account's logging role to take effect", 120, 2, 10)  # (A15)
NEW_RESOURCE: Final = RetryRule("something just created to be visible", 300, 0.5, 5)
BUSY: Final = RetryRule("another change to finish", 600, 0.5, 8)
GATEWAY_UPDATE: Final = RetryRule("API Gateway's own update of it to finish", 1800, 2, 20)  # (A37)
BACKUPS: Final = RetryRule("backups to become available", 1200, 1, 8)  # (D15, D16)
TABLE_BUDGET: Final = RetryRule("other tables' changes to finish", 1800, 2, 20)  # (D2)
THROTTLE: Final = RetryRule("AWS's rate limit", 300, 1, 20)
NO_ROOM: Final = RetryRule(
    "the function to accept a call", 30, 1, 5
)  # it may be throttled for good
NETWORK_DEPENDENCY: Final = RetryRule("its last users to be deleted", 900, 1, 10)  # (V12, V13, V15)
ROLE_DEPENDENCY: Final = RetryRule("the role's policies to be removed", 120, 0.5, 5)  # (I8)
# A deleted domain name keeps its certificate in use for minutes (C5).
CERTIFICATE_IN_USE: Final = RetryRule("the domain to release the certificate", 1200, 2, 20)
# A queue's name stays reserved for a minute after its deletion (Q2).
NAME_COOLDOWN: Final = RetryRule("the name to become free (60 s after deletion)", 75, 5, 10)
MAPPING: Final = RetryRule("the domain or stage to become usable", 30, 1, 5)  # (A30)
SCALING_ROLE: Final = RetryRule("auto scaling's own role to take effect", 120, 1, 5)  # (S2, S4)
WEB_ACL: Final = RetryRule("AWS WAF to propagate it", 600, 1, 10)
WEB_ACL_IN_USE: Final = RetryRule("the stage to release its web ACL", 300, 1, 10)
UNREACHABLE: Final = RetryRule("the endpoint to answer", 4, 0.5, 2)
UNSTABLE: Final = RetryRule("the service to answer", 60, 0.5, 8)

NON_IDEMPOTENT_CREATES: Final = frozenset(
    [
        "CreateVpc",
        "CreateSubnet",
        "CreateRestApi",
        "CreateUsagePlan",
        "CreateApiKey",
        "CreateDeployment",
        "PublishLayerVersion",
        "CreateResource",
        "CreateModel",
        "CreateRequestValidator",
        "CreateAuthorizer",
        "CreateBackup",
        "CreateKey",
        "Invoke",
    ]
)
"""Calls that AWS would carry out twice: not retried after a lost answer, but searched for (X1)."""

_UNKNOWN_ROLE: Final = re.compile(
    r"\brole\b.*(\bassumed?\b(?!-)|does(n't| not) have)|\bassume\b.*\brole\b",
    re.IGNORECASE | re.DOTALL,
)
"""The text of any service about a role, or its policies, that has not reached it yet: Lambda
(L1, L2), EC2 (V18), auto scaling (S2), API Gateway (A19). One pattern, to cover further services
too."""
_UNKNOWN_ROLE_RULES: Final = {
    "UpdateAccount": ACCOUNT_ROLE,
    "RegisterScalableTarget": SCALING_ROLE,  # AWS creates that role itself, with the first target
    "PutScalingPolicy": SCALING_ROLE,
}
_PROPAGATION_TEXTS: Final = (
    "KMS key is invalid for CreateGrant",  # (L3)
    "decrypt the environment variables because KMS access was denied",  # a fresh grant, likewise
    "Invalid principal in policy",  # (I3)
    "Policy Error: PrincipalNotFound",  # (N2)
    "Invalid value for the parameter Policy",  # (Q6)
)
_ROLE_WRITES: Final = frozenset(["AttachRolePolicy", "PutRolePolicy"])
"""Calls sent right after the role was created. Its bare name in `fresh` would also match that of a
function, which is observed before it exists."""
_SCHEDULE_WRITES: Final = frozenset(["UpdateSchedule", "DeleteSchedule", "DeleteScheduleGroup"])
"""Calls of EventBridge Scheduler that conflict only with another change of the same resource."""
_FIRST: Final = "GetCallerIdentity"
"""The first call. The user waits for it without any output, so a lost answer is reported early."""
_NOT_SENT: Final = ("EndpointConnectionError", "ConnectTimeoutError", "ProxyConnectionError")
"""Errors without a connection: AWS cannot have carried out the call."""
_FRESH_NETWORK_TEXTS: Final = ("InvalidGroup.NotFound", "InvalidSubnetID.NotFound")  # (L5)
_UPDATING_TEXTS: Final = ("already an update in progress", "is being updated")  # (A37, A29)
_CANNOT_WRITE_LOGS: Final = "could not successfully write to CloudWatch Logs"


def retry_rule_for(
    failure: FailedCall, *, fresh: Collection[str] = (), iam_fresh: bool = False
) -> RetryRule | None:
    """Return the rule for a temporary error, or None if a retry is of no use.

    `fresh` are ids and names created in this run; `iam_fresh` says whether it has written to IAM.
    """
    code, text = failure.code, failure.message
    if failure.operation == "UpdateAccount" and _CANNOT_WRITE_LOGS in text:
        return ACCOUNT_ROLE
    if _UNKNOWN_ROLE.search(text) and code not in ACCESS_DENIED:
        return _UNKNOWN_ROLE_RULES.get(failure.operation, IAM_PROPAGATION if iam_fresh else None)
    if "CloudWatch Logs role ARN must be set" in text:
        return STAGE_LOGGING if iam_fresh else None
    if any(part in text for part in _PROPAGATION_TEXTS):
        return IAM_PROPAGATION if iam_fresh else None
    if code == "NoSuchEntity" and failure.operation in _ROLE_WRITES and "role with name" in text:
        return NEW_RESOURCE  # the role's step has just created or observed it (I1, I5)
    if any(part in text for part in _FRESH_NETWORK_TEXTS) and _is_fresh(failure, fresh):
        return NEW_RESOURCE
    if code in THROTTLES or "Rate exceeded" in text or "throttled by EC2" in text:  # (X4, L4)
        return NO_ROOM if failure.operation == "Invoke" else THROTTLE
    if code in BUSY_CODES or _is_busy(failure):
        return BUSY
    if (specific := _of_one_service(failure)) is not None:
        return specific
    if is_not_found(code) and _is_fresh(failure, fresh):  # a lost answer may have deleted it
        return None if failure.operation.startswith("Delete") else NEW_RESOURCE
    if _is_stale_key(failure) and _is_fresh(failure, fresh):
        return NEW_RESOURCE
    if UNTRUSTED in text:
        return None
    if text.startswith(_NOT_SENT) or (failure.operation == _FIRST and not code):
        return UNREACHABLE
    if is_ambiguous(failure) and failure.operation not in NON_IDEMPOTENT_CREATES:
        return UNSTABLE
    return None


def _is_fresh(failure: FailedCall, fresh: Collection[str]) -> bool:
    return any(made in failure.request for made in fresh)


def _is_busy(failure: FailedCall) -> bool:
    """Return whether a code with several meanings means "busy", by its text (L8, A4, X5, D11)."""
    code, text = failure.code, failure.message
    if code == "ResourceConflictException":
        busy = ("in progress", "'Pending'", "state: Pending", "concurrent update")  # (L31)
        return any(part in text for part in busy)
    if code == "ConflictException":
        return "try again later" in text or failure.operation in _SCHEDULE_WRITES  # (E5)
    if code == "ResourceInUseException":  # "already exists" is a collision (D10, D20)
        return "already exists" not in text and "Certificate" not in failure.operation
    if code == "LimitExceededException":
        return "being updated" in text
    return False


def _is_stale_key(failure: FailedCall) -> bool:
    """Return whether KMS reports the old state of a key just enabled or kept from deletion (K1)."""
    if failure.code == "KMSInvalidStateException":
        return "pending deletion" in failure.message
    return failure.code == "DisabledException"


def _of_one_service(failure: FailedCall) -> RetryRule | None:
    code, text = failure.code, failure.message
    if code == "FailedResourceAccessException":
        return SCALING_ROLE
    if code == "BadRequestException" and any(part in text for part in _UPDATING_TEXTS):
        return GATEWAY_UPDATE
    enabling = code == "ValidationException" and "Backups are being enabled" in text
    if enabling or code == "ContinuousBackupsUnavailableException":
        return BACKUPS
    if code == "LimitExceededException" and "simultaneously" in text:
        return TABLE_BUDGET
    if code in {"DependencyViolation", "InvalidGroup.InUse"}:
        return NETWORK_DEPENDENCY
    if code in {"DeleteConflict", "DeleteConflictException"}:
        return ROLE_DEPENDENCY
    if failure.operation == "DeleteCertificate" and code == "ResourceInUseException":
        return CERTIFICATE_IN_USE
    if code == "WAFUnavailableEntityException":
        return WEB_ACL  # for minutes after an ACL, a rule group or a stage was created or changed
    if code == "WAFAssociatedItemException":
        return WEB_ACL_IN_USE
    if code.endswith("QueueDeletedRecently"):
        return NAME_COOLDOWN
    if failure.operation == "PutScalingPolicy" and code == "ObjectNotFoundException":
        return NEW_RESOURCE  # called only for a target that this run created or observed (S4)
    if failure.operation == "AddPermission" and code == "ResourceNotFoundException":
        return NEW_RESOURCE  # called only for an alias that exists (L16)
    if failure.operation == "CreateBasePathMapping" and code == "BadRequestException":
        return None if "already exists" in text else MAPPING
    return None


def next_delay(rule: RetryRule, tries: int, spent: float) -> float | None:
    """Return the seconds until the next try, with jitter, or None when the budget is spent.

    `tries` counts from 1.
    """
    if spent >= rule.budget:
        return None
    cap = 2.0 if rule is IAM_PROPAGATION and spent < 48 else rule.cap  # noqa: PLR2004
    longest: float = min(rule.first * 2 ** min(tries - 1, 10), cap)
    return longest * random.uniform(0.75, 1.0)  # noqa: S311
