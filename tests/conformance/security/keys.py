"""Controls about the customer's key, for all that the stack keeps, as AWS shows it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from provision.aws.client import Aws
from provision.steps.iam_policy import canonical
from tests.conformance.security.data import queues, tables, topics
from tests.conformance.security.networks import functions


def customers_keys(aws: Aws) -> list[str]:
    listed = (key["KeyId"] for key in aws.kms.list_keys()["Keys"])
    found = [aws.kms.describe_key(KeyId=key)["KeyMetadata"] for key in listed]
    return [key["Arn"] for key in found if key["KeyManager"] == "CUSTOMER"]


def without_rotation(aws: Aws) -> Iterator[str]:
    for key in customers_keys(aws):
        if not aws.kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]:
            yield key


def stop_rotation(aws: Aws) -> None:
    for key in customers_keys(aws):
        aws.kms.disable_key_rotation(KeyId=key)


def tables_without(aws: Aws) -> Iterator[str]:
    for table in tables(aws):
        if table.get("SSEDescription", {}).get("KMSMasterKeyArn") not in customers_keys(aws):
            yield table["TableName"]


def take_it_from_tables(aws: Aws) -> None:
    for table in tables(aws):
        aws.dynamodb.update_table(TableName=table["TableName"], SSESpecification={"Enabled": False})


def queues_without(aws: Aws) -> Iterator[str]:
    for url, shown in queues(aws).items():
        if shown.get("KmsMasterKeyId") not in customers_keys(aws):
            yield url


def take_it_from_queues(aws: Aws) -> None:
    for url in queues(aws):
        aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": ""})


def topics_without(aws: Aws) -> Iterator[str]:
    for arn in topics(aws):
        shown = aws.sns.get_topic_attributes(TopicArn=arn)["Attributes"]
        if shown.get("KmsMasterKeyId") not in customers_keys(aws):
            yield arn


def take_it_from_topics(aws: Aws) -> None:
    for arn in topics(aws):
        aws.sns.set_topic_attributes(
            TopicArn=arn, AttributeName="KmsMasterKeyId", AttributeValue=""
        )


def logs_without(aws: Aws) -> Iterator[str]:
    for group in aws.logs.describe_log_groups()["logGroups"]:
        if group.get("kmsKeyId") not in customers_keys(aws):
            yield group["logGroupName"]


def take_it_from_logs(aws: Aws) -> None:
    for group in aws.logs.describe_log_groups()["logGroups"]:
        aws.logs.disassociate_kms_key(logGroupName=group["logGroupName"])


def environments_without(aws: Aws) -> Iterator[str]:
    for function in functions(aws):
        if function.get("KMSKeyArn") not in customers_keys(aws):
            yield function["FunctionName"]


def take_it_from_environments(aws: Aws) -> None:
    for function in functions(aws):
        settings: Any = {"FunctionName": function["FunctionName"], "KMSKeyArn": ""}
        aws.lambda_.update_function_configuration(**settings)


def open_keys(aws: Aws) -> Iterator[str]:
    account = {"AWS": [aws.location.account]}  # as its root is written too
    for key in customers_keys(aws):
        policy = aws.kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]
        for statement in canonical(json.loads(policy))["Statement"]:
            service = "Service" in statement["Principal"]
            named = "kms:*" not in statement["Action"] and statement.get("Condition")
            if statement["Principal"] != account and not (service and named):
                yield key


def open_a_key(aws: Aws) -> None:
    for key in customers_keys(aws):
        found = aws.kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]
        policy = json.loads(found)
        anybody = {"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}
        policy["Statement"] = [*policy["Statement"], anybody]
        aws.kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(policy))
