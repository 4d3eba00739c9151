"""Every error class of the retry table matches by code and message, and some are never retried."""

from __future__ import annotations

import pytest

from provision.aws import retry
from provision.aws.failed_call import FailedCall
from provision.aws.retry import RetryRule, next_delay, retry_rule_for
from provision.steps import KINDS

FRESH = {"subnet-1", "tap-dev-items", "role-x"}


def failure(
    operation: str, code: str, message: str = "", status: int = 400, request: str = ""
) -> FailedCall:
    return FailedCall(operation, code, message, status, request)


PASSES_BY_ITSELF = [
    (
        failure(
            "CreateFunction",
            "InvalidParameterValueException",
            "The role defined for the function cannot be assumed by Lambda.",
        ),
        retry.IAM_PROPAGATION,
    ),
    (
        failure(
            "CreateFunction",
            "InvalidParameterValueException",
            "The provided execution role does not have permissions to call SendMessage on SQS",
        ),
        retry.IAM_PROPAGATION,
    ),
    (
        failure(
            "UpdateAccount",
            "BadRequestException",
            "The role ARN does not have required permissions configured.",
        ),
        retry.ACCOUNT_ROLE,
    ),
    (
        failure(
            "UpdateStage",
            "BadRequestException",
            "CloudWatch Logs role ARN must be set in account settings to enable logging",
        ),
        retry.STAGE_LOGGING,
    ),
    (
        failure(
            "CreateFunction",
            "InvalidParameterValueException",
            "Error occurred while DescribeSubnets. EC2 Error Code: InvalidSubnetID.NotFound",
            request="subnet-1",
        ),
        retry.NEW_RESOURCE,
    ),
    (failure("PutRolePolicy", "NoSuchEntity", "no role", 404, "role-x"), retry.NEW_RESOURCE),
    (
        failure("CreateSubnet", "InvalidVpcID.NotFound", "no", 400, "VpcId=subnet-1"),
        retry.NEW_RESOURCE,
    ),
    (
        failure(
            "UpdateFunctionCode",
            "ResourceConflictException",
            "The operation cannot be performed at this time. An update is in progress for resource",
        ),
        retry.BUSY,
    ),
    (
        failure(
            "DeleteFunction",
            "ResourceConflictException",
            "The function is currently in the following state: 'Pending'",
        ),
        retry.BUSY,
    ),
    (
        failure(
            "Invoke",
            "ResourceConflictException",
            "The operation cannot be performed at this time. The function is currently in the"
            " following state: Pending",
        ),
        retry.BUSY,
    ),
    (failure("Invoke", "TooManyRequestsException", "Rate Exceeded.", 429), retry.NO_ROOM),
    (
        failure(
            "Invoke",
            "KMSAccessDeniedException",
            "Lambda was unable to decrypt the environment variables because KMS access was denied.",
            502,
        ),
        retry.IAM_PROPAGATION,
    ),
    (
        failure(
            "PutMethod",
            "ConflictException",
            "Unable to complete operation due to concurrent modification. Please try again later.",
        ),
        retry.BUSY,
    ),
    (failure("UpdateSchedule", "ConflictException", "Schedule is being modified"), retry.BUSY),
    (
        failure(
            "UpdateRestApi",
            "BadRequestException",
            "There is already an update in progress. Please wait until the current update finishes"
            " before making another request.",
        ),
        retry.GATEWAY_UPDATE,
    ),
    (failure("CreateTags", "ConcurrentTagAccess", "You can't run simultaneous"), retry.BUSY),
    (failure("UntagResource", "ConcurrentAccess", "Can't perform multiple"), retry.BUSY),
    (failure("EnableKeyRotation", "DisabledException", "", request="subnet-1"), retry.NEW_RESOURCE),
    (
        failure(
            "EnableKey",
            "KMSInvalidStateException",
            "arn:aws:kms:eu-west-1:123456789012:key/subnet-1 is pending deletion.",
            request="subnet-1",
        ),
        retry.NEW_RESOURCE,
    ),
    (failure("DeleteTable", "ResourceInUseException", "Table is being updated"), retry.BUSY),
    (failure("PutRolePolicy", "ConcurrentModification"), retry.BUSY),
    (failure("CreateLogGroup", "OperationAbortedException"), retry.BUSY),
    (failure("ChangeResourceRecordSets", "PriorRequestNotComplete"), retry.BUSY),
    (failure("TagResource", "LimitExceededException", "Table tags are being updated"), retry.BUSY),
    (
        failure(
            "CreateTable",
            "LimitExceededException",
            "Only 500 tables can be created, updated, or deleted simultaneously",
        ),
        retry.TABLE_BUDGET,
    ),
    (failure("UpdateContinuousBackups", "ContinuousBackupsUnavailableException"), retry.BACKUPS),
    (
        failure(
            "UpdateTimeToLive",
            "ValidationException",
            "Backups are being enabled for the table. Please retry later",
        ),
        retry.BACKUPS,
    ),
    (failure("GetRestApi", "TooManyRequestsException", "", 429), retry.THROTTLE),
    (failure("PutScalingPolicy", "FailedResourceAccessException", "Rate exceeded"), retry.THROTTLE),
    (
        failure("RegisterScalableTarget", "ValidationException", "Unable to assume IAM role: arn"),
        retry.SCALING_ROLE,
    ),
    (
        failure(
            "CreateFunction",
            "InvalidParameterValueException",
            "Your request has been throttled by EC2",
        ),
        retry.THROTTLE,
    ),
    (failure("DeleteSubnet", "DependencyViolation"), retry.NETWORK_DEPENDENCY),
    (failure("DeleteRole", "DeleteConflict"), retry.ROLE_DEPENDENCY),
    (failure("DeleteCertificate", "ResourceInUseException"), retry.CERTIFICATE_IN_USE),
    (failure("CreateQueue", "AWS.SimpleQueueService.QueueDeletedRecently"), retry.NAME_COOLDOWN),
    (failure("AssociateWebACL", "WAFUnavailableEntityException"), retry.WEB_ACL),
    (failure("CreateWebACL", "WAFTagOperationException"), retry.BUSY),
    (failure("DeleteWebACL", "WAFAssociatedItemException"), retry.WEB_ACL_IN_USE),
    (
        failure("GetWebACL", "WAFNonexistentItemException", "no", request="Id=subnet-1"),
        retry.NEW_RESOURCE,
    ),
    (
        failure("CreateBasePathMapping", "BadRequestException", "Invalid stage identifier"),
        retry.MAPPING,
    ),
    (failure("SetQueueAttributes", "InternalFailure", "", 500), retry.UNSTABLE),
    (failure("CreateVpc", "", "EndpointConnectionError: no"), retry.UNREACHABLE),
    (failure("CreateRole", "", "ReadTimeoutError"), retry.UNSTABLE),
]

NEVER = [
    failure("CreateFunction", "ResourceConflictException", "Function already exist: tap-dev-items"),
    failure("CreateTable", "ResourceInUseException", "Table already exists: tap-dev-items"),
    failure("CreateBasePathMapping", "BadRequestException", "Base path already exists"),
    failure(
        "CreateBasePathMapping", "ConflictException", "Base path already exists for this domain"
    ),
    failure(
        "UpdateTimeToLive",
        "ValidationException",
        "Time to live has been modified multiple times within a fixed interval",
    ),
    failure("EnableKeyRotation", "DisabledException", request="another key"),
    failure("EnableKey", "KMSInvalidStateException", "is pending import.", request="subnet-1"),
    failure("UpdateRestApi", "BadRequestException", "Invalid patch path /x"),
    failure("CreateWebACL", "WAFDuplicateItemException"),
    failure("UpdateWebACL", "WAFOptimisticLockException"),
    failure("CreateWebACL", "WAFLimitsExceededException"),
    failure("CreateStage", "BadRequestException", "Logging is being enabled"),  # not DynamoDB's
    failure("UpdateTable", "ValidationException", "Something is being enabled"),
    failure("GetWebACL", "WAFNonexistentItemException", "no", request="Id=old"),
    failure("UpdateTable", "LimitExceededException", "Subscriber limit exceeded: decreases"),
    failure("PutRolePolicy", "MalformedPolicyDocument", "This policy contains invalid Json"),
    failure("GetRole", "NoSuchEntity", "no role", 404, "somebody-elses"),
    failure(
        "DeleteUsagePlan",
        "BadRequestException",
        "Cannot delete Usage Plan because there are API Stages associated with it",
    ),
    failure("DeleteRestApi", "BadRequestException", "Please remove all base path mappings"),
    failure("CreateVpc", "", "ReadTimeoutError"),
    failure("CreateRestApi", "InternalFailure", "", 500),
    failure("PublishLayerVersion", "", "ConnectionClosedError"),
    failure("CreateUsagePlan", "ServiceUnavailable", "", 503),
]


@pytest.mark.parametrize(
    ("what", "expected"), PASSES_BY_ITSELF, ids=lambda v: getattr(v, "code", "")
)
def test_what_passes_by_itself(what: FailedCall, expected: RetryRule) -> None:
    assert retry_rule_for(what, fresh=FRESH, iam_fresh=True) is expected


@pytest.mark.parametrize("what", NEVER, ids=lambda v: f"{v.operation} {v.code}")
def test_what_is_never_sent_again(what: FailedCall) -> None:
    assert retry_rule_for(what, fresh=FRESH, iam_fresh=True) is None


def test_a_missing_permission_is_not_waited_for_when_no_role_was_written() -> None:
    what = failure(
        "CreateFunction",
        "InvalidParameterValueException",
        "The provided execution role does not have permissions to call X",
    )
    assert retry_rule_for(what, fresh=(), iam_fresh=False) is None


PASSING_A_ROLE = {
    "ec2.CreateFlowLogs": [
        "Unable to assume given IAM role: 'arn:aws:iam::123456789012:role/tap-dev-logs'"  # (V18)
    ],
    "lambda.CreateFunction": [
        "The role defined for the function cannot be assumed by Lambda.",  # (L1)
        "The provided execution role does not have permissions to call SendMessage on SQS",  # (L2)
        "The provided execution role does not have permissions to call PutTraceSegments on XRAY",
    ],
    "lambda.UpdateFunctionConfiguration": [
        "The role defined for the function cannot be assumed by Lambda.",
    ],
    "scheduler.CreateSchedule": [  # (E3)
        "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
    ],
    "scheduler.UpdateSchedule": [
        "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
    ],
    "apigateway.UpdateAccount": [  # (A19)
        "The role ARN does not have required permissions configured.",
        "The role ARN does not have required trust permission for API Gateway.",
    ],
}
"""AWS's message, by the call that passes a role which the service does not know yet."""


def test_every_call_that_hands_a_role_over_waits_until_it_can_be_assumed() -> None:
    """Another kind that passes a role needs its message here, and is covered by the same rule."""
    passing = {
        made.operation
        for kind in KINDS.values()
        for made in kind.API_CALLS.write
        if any(permit.action == "iam:PassRole" for permit in made.permits)
    }
    assert passing == set(PASSING_A_ROLE)
    for operation, texts in PASSING_A_ROLE.items():
        for text in texts:
            what = failure(operation.partition(".")[2], "InvalidParameter", text)
            expected = (
                retry.ACCOUNT_ROLE if operation.endswith("Account") else retry.IAM_PROPAGATION
            )
            assert retry_rule_for(what, iam_fresh=True) is expected, text


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("AccessDenied", "arn:aws:iam::1:role/r is not allowed to assume role x"),
        (
            "KMSAccessDeniedException",
            "arn:aws:sts::1:assumed-role/r/s is not authorized to perform: kms:Decrypt",
        ),
        ("NoSuchEntity", "The role policy with name p cannot be found."),
        ("InvalidParameterValueException", "The role ARN is not valid"),
    ],
)
def test_what_only_mentions_a_role_is_told_at_once(code: str, text: str) -> None:
    assert retry_rule_for(failure("CreateFunction", code, text), iam_fresh=True) is None


def test_what_was_there_before_this_run_is_gone_when_aws_says_so() -> None:
    what = failure("DescribeVpcs", "InvalidVpcID.NotFound", "", 400, "VpcId=vpc-old")
    assert retry_rule_for(what, fresh={"vpc-new"}) is None


def test_every_class_is_reached_by_some_error() -> None:
    named = {value for value in vars(retry).values() if isinstance(value, RetryRule)}
    assert {rule for _, rule in PASSES_BY_ITSELF} == named


def test_pauses_grow_and_end_with_the_budget() -> None:
    pauses = [next_delay(retry.BUSY, tries, 0.0) for tries in range(1, 10)]
    assert all(p is not None and 0 < p <= retry.BUSY.cap for p in pauses)
    assert pauses[0] is not None
    assert pauses[0] <= retry.BUSY.first
    assert next_delay(retry.BUSY, 3, retry.BUSY.budget) is None


def test_a_role_is_asked_for_densely_at_first_then_slower() -> None:
    early, late = (
        next_delay(retry.IAM_PROPAGATION, 9, 10.0),
        next_delay(retry.IAM_PROPAGATION, 9, 100.0),
    )
    assert early is not None
    assert late is not None
    assert early <= 2.0 < late
