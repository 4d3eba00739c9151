"""The JSON Schema made from the model agrees with `load`, and the generated page is current."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from provision.config import reference, schema
from provision.config.yaml.reader import read
from tests.unit.config.sample import SAMPLE, changed

ROOT = Path(__file__).parents[3]


def valid(path: Path, text: str) -> bool:
    path.write_text(text)
    validator = jsonschema.Draft202012Validator(schema())
    return bool(validator.is_valid(read(path)[0].to_python()))


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    assert schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_it_takes_the_shipped_file_and_the_sample(path: Path) -> None:
    assert valid(path, (ROOT / "config.yaml").read_text())
    assert valid(path, SAMPLE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("read: {min", "reed: {min"),
        ("memory: 512", "memory: 1"),
        ("memory: 512", "memory: lots"),
        ("    key: id\n", ""),
        ("  dependencies: {", "  Deps: {"),
        ("retention: 30", "retention: 31"),
        ("{memory: 1024}", "{memry: 1024}"),
        ("{memory: 1024}", "{memory: 1}"),
        ("  prod:\n", "  prod:\n    name: other\n"),
        ("  prod:\n", "  Prod:\n"),
        ('origins: ["*"]', "origins: [a, b]"),
        ("keys: [default]", "keys: []"),
        ("LOG_LEVEL: INFO", "DB: {secret: vault:tap/db}"),
        ("LOG_LEVEL: INFO", "DB: {key: alias/ours}"),
    ],
)
def test_it_refuses_what_load_refuses(path: Path, old: str, new: str) -> None:
    assert not valid(path, changed(old, new))


@pytest.mark.parametrize(
    "overlay", ["{}", "null", "{region: null}", "{tables: {items: null}}", "{api: {stage: v2}}"]
)
def test_overlays_are_parts(path: Path, overlay: str) -> None:
    assert valid(path, changed("  local: {}", f"  local: {overlay}"))


def test_a_secret_is_a_value_too(path: Path) -> None:
    secret = "DB: {secret: ssm:/tap/db, key: alias/ours}"
    assert valid(path, changed("LOG_LEVEL: INFO", f"LOG_LEVEL: INFO, {secret}"))
    overlay = "functions: {items: {environment: {LOG_LEVEL: {secret: ssm:x}, NEW: {key: null}}}}"
    assert valid(path, changed("  local: {}", f"  local: {{{overlay}}}"))


def undescribed(node: Any, way: str = "") -> Iterator[str]:
    if isinstance(node, dict):
        for key, field in node.get("properties", {}).items():
            target = field.get("$ref", "").rpartition("/")[2]
            described = field.get("description") or target
            if not described and "Overlay" not in way:
                yield f"{way}.{key}"
        for key, inner in node.items():
            yield from undescribed(inner, f"{way}.{key}")


def test_every_key_is_described() -> None:
    assert list(undescribed(schema())) == []


def test_the_page_is_up_to_date() -> None:
    assert (ROOT / "docs" / "config.md").read_text(encoding="utf-8") == reference(), (
        "run: python -c 'from provision.config import reference as r; print(r(), end=\"\")'"
        " > docs/config.md"
    )


def test_the_page_has_every_section_and_default() -> None:
    page = reference()
    assert "| `timeout` | a whole number from 1 to 900 | `10` |" in page
    assert "## tables.\\<name\\>.expire" in page
    assert "## monitoring.alarms" in page
    assert "| `region` | text | required |" in page
