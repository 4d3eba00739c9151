"""Groups the AWS error codes that mean the same: throttled, busy, not found, exists, denied."""

from __future__ import annotations

from typing import Final

THROTTLES: Final = frozenset(
    [
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "TooManyRequestsException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "BandwidthLimitExceeded",
        "SlowDown",
        "EC2ThrottledException",
    ]
)
BUSY_CODES: Final = frozenset(
    [
        "OperationAbortedException",
        "PriorRequestNotComplete",
        "ConcurrentModification",
        "ConcurrentModificationException",
        "ConcurrentUpdateException",
        "ConditionalRequestConflict",
        "TransactionInProgressException",
        "BackupInUseException",
        "TableInUseException",
        "WAFTagOperationException",
        "ConcurrentTagAccess",  # EC2: two writes of tags at once (V19)
        "ConcurrentAccess",  # SNS: two writes of tags at once (N6)
        "ConcurrentAccessException",
    ]
)
NOT_FOUND: Final = frozenset(
    [
        "NoSuchEntity",
        "NoSuchEntityException",
        "NotFoundException",
        "NotFound",
        "ResourceNotFoundException",
        "ResourceNotFound",
        "TableNotFoundException",
        "ObjectNotFoundException",
        "NoSuchHostedZone",
        "AWS.SimpleQueueService.NonExistentQueue",
        "QueueDoesNotExist",
        "NonExistentQueue",
        "WAFNonexistentItemException",
    ]
)
"""Codes for "not found" (X6); EC2's are `Invalid….NotFound` in several spellings (V1)."""
ALREADY_EXISTS: Final = frozenset(
    [
        "EntityAlreadyExists",
        "EntityAlreadyExistsException",
        "ResourceAlreadyExistsException",
        "QueueAlreadyExists",
        "QueueNameExists",
        "InvalidGroup.Duplicate",
        "Resource.AlreadyAssociated",
        "WAFDuplicateItemException",
    ]
)
ACCESS_DENIED: Final = frozenset(
    [
        "AccessDenied",
        "AccessDeniedException",
        "UnauthorizedOperation",
        "AuthorizationError",
        "AuthorizationErrorException",
        "NotAuthorized",
        "UnauthorizedException",
    ]
)
EXPIRED_CREDENTIALS: Final = frozenset(
    ["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"]
)
"""Codes for temporary credentials that have expired."""
UNKNOWN_KEY: Final = frozenset(
    [
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "InvalidAccessKeyId",
        "InvalidToken",
        "AuthFailure",
        "OptInRequired",
    ]
)
"""Codes for an unknown access key or token. A region that is not enabled answers the same."""
BAD_SIGNATURE: Final = frozenset(
    [
        "SignatureDoesNotMatch",
        "InvalidSignatureException",
        "IncompleteSignature",
        "IncompleteSignatureException",
        "RequestExpired",
        "RequestTimeTooSkewed",
        "RequestInTheFuture",
    ]
)
"""Codes for a request signed with another secret, or at another time."""


def is_not_found(code: str) -> bool:
    """Return whether the code says that the resource does not exist."""
    return code in NOT_FOUND or code.endswith((".NotFound", ".Malformed"))
