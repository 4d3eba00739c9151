"""Policies on the queue and the topic themselves: TLS only, and who may send."""

from __future__ import annotations

from provision.access import Where
from provision.step import Document
from provision.steps.policy import canonical


def queue_door(queue: str) -> Document:
    """Nobody uses the queue (ARN) without TLS; who may use it, their own policies say."""
    return canonical({"Version": "2012-10-17", "Statement": [_tls_only("sqs:*", queue)]})


def topic_door(where: Where, topic: str, alarms: str) -> Document:
    """Only our alarms (their names' beginning) write to the topic (ARN), and only with TLS."""
    may_publish: Document = {
        "Sid": "OurAlarms",
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": topic,
        "Condition": {
            "StringEquals": {"aws:SourceAccount": where.account},
            "ArnLike": {"aws:SourceArn": where.arn("cloudwatch", f"alarm:{alarms}*")},
        },
    }
    # SNS takes no `sns:*` in a topic's policy.
    closed = _tls_only("sns:Publish", topic)
    return canonical({"Version": "2012-10-17", "Statement": [may_publish, closed]})


def _tls_only(action: str, resource: str) -> Document:
    return {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": resource,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
