"""Builds the resource policies of queue, topic and key: TLS only, and who may send or encrypt."""

from __future__ import annotations

from collections.abc import Sequence

from provision.aws.access import Location
from provision.model.step import Document
from provision.steps.iam_policy import canonical


def queue_policy(queue: str) -> Document:
    """Return a policy that denies using the queue (ARN) without TLS.

    The policies of its users decide who may use it.
    """
    return canonical({"Version": "2012-10-17", "Statement": [_tls_only("sqs:*", queue)]})


def topic_policy(where: Location, topic: str, alarms: str) -> Document:
    """Return a policy that only lets our alarms (name prefix) write to the topic (ARN), by TLS."""
    may_publish = _alarms_may(where, alarms, "sns:Publish", topic)
    # SNS does not accept `sns:*` in a topic's policy.
    closed = _tls_only("sns:Publish", topic)
    return canonical({"Version": "2012-10-17", "Statement": [may_publish, closed]})


def key_policy(where: Location, log_groups: Sequence[str], alarms: str) -> Document:
    """Return a policy that leaves the use of the key within the account to IAM.

    CloudWatch may also encrypt our log groups (name patterns) and our alarms' messages (name
    prefix).

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    """
    everybody_of_the_account: Document = {
        "Sid": "IamDecides",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{where.partition}:iam::{where.account}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    encrypting = ["kms:Decrypt", "kms:GenerateDataKey*"]
    may_encrypt = [_logs_may(where, log_groups), _alarms_may(where, alarms, encrypting, "*")]
    return canonical(
        {"Version": "2012-10-17", "Statement": [everybody_of_the_account, *may_encrypt]}
    )


def _logs_may(where: Location, log_groups: Sequence[str]) -> Document:
    ours = [where.arn("logs", f"log-group:{name}") for name in log_groups]
    return {
        "Sid": "OurLogGroups",
        "Effect": "Allow",
        "Principal": {"Service": f"logs.{where.region}.{where.dns_suffix}"},
        "Action": [
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:Encrypt",
            "kms:GenerateDataKey*",
            "kms:ReEncrypt*",
        ],
        "Resource": "*",
        "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": ours}},
    }


def _alarms_may(where: Location, alarms: str, action: str | list[str], resource: str) -> Document:
    return {
        "Sid": "OurAlarms",
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": action,
        "Resource": resource,
        "Condition": {
            "StringEquals": {"aws:SourceAccount": where.account},
            "ArnLike": {"aws:SourceArn": where.arn("cloudwatch", f"alarm:{alarms}*")},
        },
    }


def _tls_only(action: str, resource: str) -> Document:
    return {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": resource,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
