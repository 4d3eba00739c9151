"""The keys of a table and their types, as CreateTable takes them and DescribeTable shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.literals import ScalarAttributeTypeType
    from mypy_boto3_dynamodb.type_defs import (
        AttributeDefinitionTypeDef,
        KeySchemaElementTypeDef,
        TableDescriptionTypeDef,
    )

TEXT: Final = "S"


@dataclass(frozen=True)
class TableKeys:
    """The key attributes of a table, each with its type; without sort key its type is `TEXT`."""

    key: str
    key_type: str = TEXT
    sort_key: str | None = None
    sort_type: str = TEXT

    def schema(self) -> list[KeySchemaElementTypeDef]:
        keys: list[KeySchemaElementTypeDef] = [{"AttributeName": self.key, "KeyType": "HASH"}]
        if self.sort_key:
            keys.append({"AttributeName": self.sort_key, "KeyType": "RANGE"})
        return keys

    def definitions(self) -> list[AttributeDefinitionTypeDef]:
        found = [_definition(self.key, self.key_type)]
        return [*found, _definition(self.sort_key, self.sort_type)] if self.sort_key else found


def found_keys(found: TableDescriptionTypeDef) -> TableKeys:
    names = {key["KeyType"]: key["AttributeName"] for key in found["KeySchema"]}
    types = {  # those of the keys of indexes too (D34)
        each["AttributeName"]: each["AttributeType"]
        for each in found.get("AttributeDefinitions", [])
    }
    sort_key = names.get("RANGE")
    return TableKeys(
        names["HASH"],
        types.get(names["HASH"], TEXT),
        sort_key,
        types.get(sort_key, TEXT) if sort_key else TEXT,
    )


def _definition(name: str, kind: str) -> AttributeDefinitionTypeDef:
    return {"AttributeName": name, "AttributeType": cast("ScalarAttributeTypeType", kind)}
