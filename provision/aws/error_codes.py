"""The codes by which AWS says the same: too fast, busy, not there, there already, not allowed."""

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
"""Codes that say a thing is not there (X6); EC2's are `Invalid….NotFound` in several spellings
(V1).
"""
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
"""Temporary credentials that were good."""
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
"""An access key or token that nobody knows there: a region that is not enabled says the same."""
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
"""Signed with another secret, or at another time."""


def is_not_found(code: str) -> bool:
    """Whether the code says the thing is not there."""
    return code in NOT_FOUND or code.endswith((".NotFound", ".Malformed"))
