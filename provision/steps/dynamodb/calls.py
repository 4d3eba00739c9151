"""The calls of the table step, and the permissions that they need."""

from __future__ import annotations

from typing import Final

from provision.model import iam
from provision.steps.dynamodb import owners
from provision.steps.dynamodb.encryption import KEYED
from provision.steps.dynamodb.scaling import STOPPING

_TABLE: Final = iam.arn("dynamodb", "table/{name}")
TABLE_CALLS: Final = iam.ApiCalls(
    read=(
        *iam.calls(
            "dynamodb",
            _TABLE,
            "DescribeContinuousBackups",
            "DescribeTable",
            "DescribeTimeToLive",
            "GetResourcePolicy",
            "ListTagsOfResource",
        ),
        *owners.CALLS,
        *iam.calls(
            "kms", iam.arn("kms", "key/*"), "DescribeKey"
        ),  # any key: another party may have set its own
    ),
    write=(
        iam.call(
            "dynamodb.CreateTable",
            iam.Permission("dynamodb:CreateTable", (_TABLE,)),
            iam.Permission("dynamodb:TagResource", (_TABLE,)),
            *KEYED,
        ),
        iam.call("dynamodb.UpdateTable", iam.Permission("dynamodb:UpdateTable", (_TABLE,)), *KEYED),
        *iam.calls(
            "dynamodb",
            _TABLE,
            "DeleteResourcePolicy",
            "TagResource",
            "UntagResource",
            "UpdateContinuousBackups",
            "UpdateTimeToLive",
        ),
        *iam.calls("cloudwatch", iam.ANY_RESOURCE, "GetMetricData"),
        *STOPPING,
    ),
    delete=(
        *iam.calls("dynamodb", _TABLE, "CreateBackup", "DeleteTable", "UpdateTable"),
        *iam.calls("dynamodb", f"{_TABLE}/backup/*", "DescribeBackup"),
        iam.call("dynamodb.ListBackups", iam.Permission("dynamodb:ListBackups")),
    ),
    computed={"arn": _TABLE},
)
