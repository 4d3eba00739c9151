"""Controls about tables, backups, queues and topics, as AWS shows them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from provision.aws.client import Aws

TAG = "Environment"
ANYBODY = ("*", ["*"], {"AWS": "*"}, {"AWS": ["*"]})


def tables(aws: Aws) -> list[Any]:
    names = aws.dynamodb.list_tables()["TableNames"]
    return [aws.dynamodb.describe_table(TableName=name)["Table"] for name in names]


def queues(aws: Aws) -> dict[str, Any]:
    urls = aws.sqs.list_queues()["QueueUrls"]
    return {
        url: aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        for url in urls
    }


def topics(aws: Aws) -> list[str]:
    return [topic["TopicArn"] for topic in aws.sns.list_topics()["Topics"]]


def without_scaling(aws: Aws) -> Iterator[str]:
    found = aws.autoscaling.describe_scalable_targets(ServiceNamespace="dynamodb")
    scaled = {(t["ResourceId"], t["ScalableDimension"]) for t in found["ScalableTargets"]}
    for table in tables(aws):
        for what in ("Read", "Write"):
            resource = f"table/{table['TableName']}"
            if (resource, f"dynamodb:table:{what}CapacityUnits") not in scaled:
                yield f"{what.lower()}s of {table['TableName']}"


def stop_scaling(aws: Aws) -> None:
    aws.autoscaling.deregister_scalable_target(
        ServiceNamespace="dynamodb",
        ResourceId=f"table/{tables(aws)[0]['TableName']}",
        ScalableDimension="dynamodb:table:ReadCapacityUnits",
    )


def without_recovery(aws: Aws) -> Iterator[str]:
    for table in tables(aws):
        shown = aws.dynamodb.describe_continuous_backups(TableName=table["TableName"])
        recovery = shown["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
        if recovery["PointInTimeRecoveryStatus"] != "ENABLED":
            yield table["TableName"]


def stop_recovery(aws: Aws) -> None:
    aws.dynamodb.update_continuous_backups(
        TableName=tables(aws)[0]["TableName"],
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False},
    )


def untagged_tables(aws: Aws) -> Iterator[str]:
    for table in tables(aws):
        tags = aws.dynamodb.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"]
        if TAG not in {tag["Key"] for tag in tags}:
            yield table["TableName"]


def untag_tables(aws: Aws) -> None:
    aws.dynamodb.untag_resource(ResourceArn=tables(aws)[0]["TableArn"], TagKeys=[TAG])


def without_protection(aws: Aws) -> Iterator[str]:
    yield from (t["TableName"] for t in tables(aws) if not t["DeletionProtectionEnabled"])


def take_protection_off(aws: Aws) -> None:
    aws.dynamodb.update_table(
        TableName=tables(aws)[0]["TableName"], DeletionProtectionEnabled=False
    )


def unencrypted_queues(aws: Aws) -> Iterator[str]:
    for url, shown in queues(aws).items():
        if shown.get("SqsManagedSseEnabled") != "true" and not shown.get("KmsMasterKeyId"):
            yield url


def decrypt_queues(aws: Aws) -> None:
    for url in queues(aws):
        aws.sqs.set_queue_attributes(
            QueueUrl=url, Attributes={"KmsMasterKeyId": "", "SqsManagedSseEnabled": "false"}
        )


def untagged_queues(aws: Aws) -> Iterator[str]:
    for url in queues(aws):
        if TAG not in aws.sqs.list_queue_tags(QueueUrl=url)["Tags"]:
            yield url


def untag_queues(aws: Aws) -> None:
    for url in queues(aws):
        aws.sqs.untag_queue(QueueUrl=url, TagKeys=[TAG])


def open_queues(aws: Aws) -> Iterator[str]:
    for url, shown in queues(aws).items():
        yield from (url for _ in _open(shown["Policy"]))


def open_a_queue(aws: Aws) -> None:
    url, shown = next(iter(queues(aws).items()))
    policy = _everybody("sqs:SendMessage", shown["QueueArn"])
    aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})


def untagged_topics(aws: Aws) -> Iterator[str]:
    for arn in topics(aws):
        tags = aws.sns.list_tags_for_resource(ResourceArn=arn)["Tags"]
        if TAG not in {tag["Key"] for tag in tags}:
            yield arn


def untag_topics(aws: Aws) -> None:
    for arn in topics(aws):
        aws.sns.untag_resource(ResourceArn=arn, TagKeys=[TAG])


def open_topics(aws: Aws) -> Iterator[str]:
    for arn in topics(aws):
        policy = aws.sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"]
        yield from (arn for _ in _open(policy))


def open_a_topic(aws: Aws) -> None:
    arn = topics(aws)[0]
    aws.sns.set_topic_attributes(
        TopicArn=arn, AttributeName="Policy", AttributeValue=_everybody("sns:Publish", arn)
    )


def taking_plain_http(aws: Aws) -> Iterator[str]:
    policies = {url: shown["Policy"] for url, shown in queues(aws).items()}
    for arn in topics(aws):
        policies[arn] = aws.sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"]
    for name, policy in policies.items():
        if not any(_refuses_plain_http(each) for each in json.loads(policy)["Statement"]):
            yield name


def _refuses_plain_http(statement: Any) -> bool:
    plain = statement.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport")
    everybody = statement["Effect"] == "Deny" and statement["Principal"] in ANYBODY
    return everybody and plain in ("false", ["false"])


def take_plain_http(aws: Aws) -> None:
    for arn in topics(aws):
        policy = json.loads(aws.sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"])
        policy["Statement"] = [each for each in policy["Statement"] if each["Effect"] != "Deny"]
        aws.sns.set_topic_attributes(
            TopicArn=arn, AttributeName="Policy", AttributeValue=json.dumps(policy)
        )


def _open(policy: str) -> Iterator[Any]:
    for statement in json.loads(policy)["Statement"]:
        anybody = statement["Principal"] in ANYBODY and "Condition" not in statement
        if statement["Effect"] == "Allow" and anybody:
            yield statement


def _everybody(action: str, resource: str) -> str:
    statement = {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
