"""What moto bends of DynamoDB."""

from __future__ import annotations

from typing import Any

import pytest
from moto.dynamodb.responses import DynamoHandler


def teach(monkeypatch: pytest.MonkeyPatch) -> None:
    """UpdateTable forgets SSESpecification."""
    update_table = DynamoHandler.update_table

    def update_table_with_encryption(self: Any) -> Any:
        if "SSESpecification" in self.body:
            table = self.dynamodb_backend.get_table(self.body["TableName"])
            table.sse_specification = {"KMSMasterKeyId": "key", **self.body["SSESpecification"]}
        return update_table(self)

    monkeypatch.setattr(DynamoHandler, "update_table", update_table_with_encryption)
