"""Corrections of moto's DynamoDB."""

from __future__ import annotations

import re
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import Backup, Table
from moto.dynamodb.responses import DynamoHandler


def teach(monkeypatch: pytest.MonkeyPatch) -> None:
    _encryption(monkeypatch)
    _table_ids(monkeypatch)
    _tags(monkeypatch)


def _tags(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a tag replace the one with its key; moto keeps both."""
    tag = DynamoDBBackend.tag_resource

    def tag_in_place(self: Any, arn: str, tags: dict[str, str]) -> None:
        self.untag_resource(arn, list(tags))
        tag(self, arn, tags)

    monkeypatch.setattr(DynamoDBBackend, "tag_resource", tag_in_place)


def _table_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    """Add TableId to tables and backups, and refuse a backup with a bad name."""
    describe, summary, create = Table.describe, Backup.summary, DynamoDBBackend.create_backup

    def describe_with_id(self: Any, base_key: str = "TableDescription") -> Any:
        described: dict[str, Any] = describe(self, base_key)
        described[base_key]["TableId"] = _id(self)
        return described

    def summary_with_id(self: Any) -> Any:
        return {**summary.__get__(self), "TableId": _id(self.table)}

    def create_named(self: Any, table_name: str, backup_name: str) -> Any:
        assert re.fullmatch("[a-zA-Z0-9_.-]{3,255}", backup_name)
        return create(self, table_name, backup_name)

    monkeypatch.setattr(Table, "describe", describe_with_id)
    monkeypatch.setattr(Backup, "summary", property(summary_with_id))
    monkeypatch.setattr(DynamoDBBackend, "create_backup", create_named)


def _id(table: Any) -> str:
    """Return an id that is new for each table, and equal in a copy that a backup keeps."""
    identity = f"{table.name} {table.created_at.timestamp()}"
    return str(uuid5(NAMESPACE_URL, identity))


def _encryption(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let UpdateTable keep SSESpecification."""
    update_table = DynamoHandler.update_table

    def update_table_with_encryption(self: Any) -> Any:
        if "SSESpecification" in self.body:
            table = self.dynamodb_backend.get_table(self.body["TableName"])
            usual = table._get_default_encryption_key(table.account_id, table.region_name)
            table.sse_specification = {"KMSMasterKeyId": usual, **self.body["SSESpecification"]}
        return update_table(self)

    monkeypatch.setattr(DynamoHandler, "update_table", update_table_with_encryption)
