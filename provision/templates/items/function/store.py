"""Items in DynamoDB. The only file that calls AWS, but for api_helpers.py.

It uses GetItem, PutItem, UpdateItem, DeleteItem and Scan on its one table, whose key is `id`; the
role of the function grants exactly these (tests/function/test_calls.py).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.config import Config
from botocore.exceptions import ClientError

from items import ID_PATTERN, Draft, Item, ItemExists, ItemUnknown, NewItem, VersionConflict
from settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        DeleteItemInputTypeDef,
        PutItemInputTypeDef,
        ScanInputTypeDef,
    )

# One call takes at most 2 * (1 + 2) seconds and a second between; the function has 10.
PATIENCE = Config(
    connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 2}
)
_SCAN_SECONDS = 1.5  # after which a page is handed out short, with a cursor
_PAGE_BYTES = 4_000_000  # likewise; Lambda takes no answer above 6 MB
_THROTTLED = {
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
}

Values = dict[str, Any]


class Throttled(Exception):
    """The table takes no more for the moment."""


@dataclass
class _Condition:
    expression: str
    names: dict[str, str]
    values: Values


@dataclass(frozen=True)
class Page:
    items: tuple[Item, ...]
    after: str | None  # the id to go on after; None at the end


class Store:
    """The items in the table. Every write renews an item's expiry.

    DynamoDB removes expired items within days, not at once; until then they are treated as deleted
    here, and their ids may be used again.
    """

    def __init__(
        self, client: DynamoDBClient, settings: Settings, clock: Callable[[], float] = time.time
    ) -> None:
        self._client = client
        self._table = settings.table
        self._expiry = settings.expiry
        self._clock = clock

    def create(self, draft: NewItem, writer: str) -> Item:
        now = int(self._clock())
        values: Values = {
            "id": draft.id or str(uuid4()),
            "name": draft.name,
            "attributes": draft.attributes,
            "version": 1,
            "created_at": now,
            "updated_at": now,
            "written_by": writer,
        }
        request: PutItemInputTypeDef = {
            "TableName": self._table,
            "Item": {},
            "ConditionExpression": "attribute_not_exists(#id)",
            "ExpressionAttributeNames": {"#id": "id"},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if self._expiry:
            values[self._expiry.attribute] = now + self._expiry.seconds
            request["ConditionExpression"] = "attribute_not_exists(#id) OR #expires <= :now"
            request["ExpressionAttributeNames"] = {"#id": "id", "#expires": self._expiry.attribute}
            request["ExpressionAttributeValues"] = _serialized({":now": now})
        request["Item"] = _serialized(values)
        try:
            with _throttling():
                self._client.put_item(**request)
        except self._client.exceptions.ConditionalCheckFailedException as error:
            if not _is_own_write(error, writer):
                raise ItemExists(values["id"]) from error
        return self._item(values)

    def read(self, item_id: str) -> Item:
        with _throttling():
            found = self._client.get_item(
                TableName=self._table, Key=_key(item_id), ConsistentRead=True
            ).get("Item")
        item = self._item(_deserialized(found)) if found else None
        if item is None or self._is_expired(item):
            raise ItemUnknown(item_id)
        return item

    def page(self, limit: int, after: str | None, size: Callable[[Item], int]) -> Page:
        """Scan until the page is full of what has not expired; `size` is an item's in the answer.

        Eventually consistent, unlike `read`: half the capacity, and a list is old when it arrives.
        """
        deadline = time.monotonic() + _SCAN_SECONDS
        items: list[Item] = []
        room = _PAGE_BYTES
        while True:
            request: ScanInputTypeDef = {
                "TableName": self._table,
                "Limit": limit - len(items),
            }
            if after is not None:
                request["ExclusiveStartKey"] = _key(after)
            with _throttling():
                answer = self._client.scan(**request)
            for item in (self._item(_deserialized(values)) for values in answer["Items"]):
                if self._is_expired(item):
                    continue
                room -= size(item)
                if room < 0 and items:  # any one item has room: see MAX_BODY
                    return Page(tuple(items), items[-1].id)
                items.append(item)
            last = answer.get("LastEvaluatedKey")
            after = _deserialized(last)["id"] if last else None
            if after is None or len(items) == limit or time.monotonic() > deadline:
                return Page(tuple(items), after)

    def update(self, item_id: str, draft: Draft, version: int | None, writer: str) -> Item:
        now = int(self._clock())
        new: Values = {
            "name": draft.name,
            "attributes": draft.attributes,
            "updated_at": now,
            "written_by": writer,
        }
        if self._expiry:
            new[self._expiry.attribute] = now + self._expiry.seconds
        present = self._present(version, now)
        placeholders = {name: f"new{number}" for number, name in enumerate(new)}
        sets = ", ".join(f"#{short} = :{short}" for short in placeholders.values())
        names = {f"#{short}": name for name, short in placeholders.items()}
        values = {f":{short}": new[name] for name, short in placeholders.items()}
        try:
            with _throttling():
                answer = self._client.update_item(
                    TableName=self._table,
                    Key=_key(item_id),
                    UpdateExpression=f"SET {sets} ADD #version :one",
                    ConditionExpression=present.expression,
                    ExpressionAttributeNames={**present.names, **names, "#version": "version"},
                    ExpressionAttributeValues=_serialized({**present.values, **values, ":one": 1}),
                    ReturnValues="ALL_NEW",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            current = self._still_there(error, item_id)
            if _is_own_write(error, writer):
                return current
            raise VersionConflict(current.version) from error
        return self._item(_deserialized(answer["Attributes"]))

    def delete(self, item_id: str, version: int | None) -> None:
        present = self._present(version, int(self._clock()))
        request: DeleteItemInputTypeDef = {
            "TableName": self._table,
            "Key": _key(item_id),
            "ConditionExpression": present.expression,
            "ExpressionAttributeNames": present.names,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if present.values:
            request["ExpressionAttributeValues"] = _serialized(present.values)
        try:
            with _throttling():
                self._client.delete_item(**request)
        except self._client.exceptions.ConditionalCheckFailedException as error:
            # Absent at the second attempt: the first one has deleted it, its answer was lost.
            again = error.response["ResponseMetadata"]["RetryAttempts"] > 0
            if _found_instead(error) or not again:
                raise VersionConflict(self._still_there(error, item_id).version) from error

    def _present(self, version: int | None, now: int) -> _Condition:
        """Return the condition that the item exists, unexpired, at that version if one is given."""
        condition = _Condition("attribute_exists(#id)", {"#id": "id"}, {})
        if self._expiry:
            condition.expression += " AND #expires > :now"
            condition.names["#expires"] = self._expiry.attribute
            condition.values[":now"] = now
        if version is not None:
            condition.expression += " AND #version = :expected"
            condition.names["#version"] = "version"
            condition.values[":expected"] = version
        return condition

    def _still_there(self, error: ClientError, item_id: str) -> Item:
        """Return the item that did not meet the condition; raise ItemUnknown if there is none."""
        old = _found_instead(error)
        item = self._item(old) if old else None
        if item is None or self._is_expired(item):
            raise ItemUnknown(item_id) from error
        return item

    def _item(self, values: Values) -> Item:
        expires = values.get(self._expiry.attribute) if self._expiry else None
        return Item(
            id=values["id"],
            name=values["name"],
            attributes=values["attributes"],
            version=int(values["version"]),
            created_at=int(values["created_at"]),
            updated_at=int(values["updated_at"]),
            expires_at=None if expires is None else int(expires),
        )

    def _is_expired(self, item: Item) -> bool:
        return item.expires_at is not None and item.expires_at <= int(self._clock())


@contextmanager
def _throttling() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] in _THROTTLED:
            raise Throttled from error
        raise


def _is_own_write(error: ClientError, writer: str) -> bool:
    """botocore sends a write again when its answer is lost; then we meet what we wrote."""
    return bool(_found_instead(error).get("written_by") == writer)


def _found_instead(error: ClientError) -> Values:
    """Return the item that failed a condition; DynamoDB sends it with the refusal."""
    found = error.response.get("Item")
    return _deserialized(found) if isinstance(found, Mapping) else {}


def _key(item_id: str) -> dict[str, Any]:
    """Return the item's key. DynamoDB allows 2,048 bytes, and no item has a longer id."""
    if re.fullmatch(ID_PATTERN, item_id) is None:
        raise ItemUnknown(item_id)
    return _serialized({"id": item_id})


def _serialized(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: TypeSerializer().serialize(value) for name, value in values.items()}


def _deserialized(values: Mapping[str, Any]) -> Values:
    return {name: TypeDeserializer().deserialize(value) for name, value in values.items()}
