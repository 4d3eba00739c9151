"""Each value in effect has the line, option or default that it is from; every other key changes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from provision.config import Config, load
from provision.config.alternatives import changed_configs, with_spares
from provision.config.checks import check_values
from provision.config.values import Given, Origin, values_in_effect

FILE = """\
name: tap
environment: dev
region: us-east-1
tags: {"a.b c": '1'}
tables:
  items: {key: id}
functions:
  items:
    source: code
    handler: app.handler
    memory: 512
    timeout: 9
    tables: {items: read}
    environment:
      PLAIN: text
      API_KEY: in-the-file
      STRIPE: {secret: "ssm:/tap/stripe"}
api:
  stage: v1
  routes:
    GET /items: items
    "PUT /items/{id}": {function: items}
  log: {level: INFO}
environments:
  prod:
    tags: null
    functions:
      items:
        memory: 1024
        timeout: null
        environment: {API_KEY: another}
    network: {flow_logs: {traffic: ALL}}
"""


def loaded(folder: Path, environment: str | None, region: str | None = None) -> Config:
    (folder / "config.yaml").write_text(FILE)
    return load(folder / "config.yaml", environment=environment, region=region, check=check_values)


@pytest.mark.parametrize(
    ("key", "text", "line", "path", "over"),
    [
        ("functions.items.memory", "1024", 29, "environments.prod.functions.items.memory", ["512"]),
        ("functions.items.timeout", "10", 30, "environments.prod.functions.items.timeout", ["9"]),
        ("functions.items.handler", "app.handler", 10, "functions.items.handler", []),
        ("functions.items.runtime", "python3.13", 0, "", []),
        ("functions.items.tables.items", "read", 13, "functions.items.tables.items", []),
        ("tags", "{}", 26, "environments.prod.tags", ["{a.b c: '1'}"]),
        ("network.flow_logs.traffic", "ALL", 32, "environments.prod.network.flow_logs.traffic", []),
        ("network.flow_logs.retention", "30", 0, "", []),
        ('api.routes."GET /items".function', "items", 21, 'api.routes."GET /items"', []),
        ('api.routes."GET /items".body', "null", 0, "", []),
        (
            'api.routes."PUT /items/{id}".function',
            "items",
            22,
            'api.routes."PUT /items/{id}".function',
            [],
        ),
        (
            "functions.items.environment.STRIPE",
            "(secret kept in ssm:/tap/stripe)",
            17,
            "functions.items.environment.STRIPE",
            [],
        ),
        (
            "functions.items.environment.API_KEY",
            "(masked)",
            31,
            "environments.prod.functions.items.environment.API_KEY",
            ["(masked)"],
        ),
    ],
)
def test_the_place_of_a_value(
    tmp_path: Path, key: str, text: str, line: int, path: str, over: list[str]
) -> None:
    config = loaded(tmp_path, "prod")
    value = values_in_effect(config, tmp_path / "config.yaml", {})[key]
    assert (value.text, value.origin.line, value.origin.path) == (text, line, path)
    assert value.origin.sort == ("file" if line else "default")
    assert [each.text for each in value.over] == over


def test_every_line_that_is_named_has_the_key(tmp_path: Path) -> None:
    values = values_in_effect(loaded(tmp_path, "prod"), tmp_path / "config.yaml", {})
    lines = FILE.splitlines()
    for value in values.values():
        for place in (value.origin, *value.over):
            if place.line:
                last = re.split(r'[."]+', place.path.rstrip('"'))[-1]
                assert last in lines[place.line - 1], place


def test_an_option_and_a_variable_are_over_the_file(tmp_path: Path) -> None:
    config = loaded(tmp_path, "prod", "eu-west-1")
    given = {
        "region": Given("variable", "PROVISION_REGION"),
        "environment": Given("option", "--env"),
    }
    values = values_in_effect(config, tmp_path / "config.yaml", given)
    assert values["region"].origin == Origin("variable", "PROVISION_REGION", "eu-west-1")
    assert [each.text for each in values["region"].over] == ["us-east-1"]
    assert values["environment"].origin == Origin("option", "--env", "prod")
    assert [(each.line, each.text) for each in values["environment"].over] == [(2, "dev")]


def test_no_secret_leaves(tmp_path: Path) -> None:
    told = str(values_in_effect(loaded(tmp_path, "prod"), tmp_path / "config.yaml", {}))
    assert "in-the-file" not in told
    assert "another" not in told


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_every_key_has_another_valid_value(tmp_path: Path, environment: str) -> None:
    config = loaded(tmp_path, environment)
    for key, value in values_in_effect(config, tmp_path / "config.yaml", {}).items():
        if (
            key == "moved" or key.endswith((".body", ".scopes")) or value.is_masked
        ):  # valid only with others
            continue
        found = [
            changed
            for base in (config, with_spares(config, tmp_path))
            for _, changed in changed_configs(base, value.keys, value.shape, tmp_path)
            if changed != base
        ]
        assert found, key
