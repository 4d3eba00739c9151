"""`provision config explain` as it is typed, and against what `plan` then shows."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.test_cli import CONFIG, Provision, home, provision  # noqa: F401


def test_all_values_have_a_line_each(provision: Provision) -> None:  # noqa: F811
    told = provision("config", "explain")
    assert (told.code, told.err) == (0, "")
    lines = told.out.splitlines()
    assert lines[0].split() == ["name", "=", "tap", "config.yaml:1"]
    assert all(line.split()[1:2] == ["="] or '"GET /items"' in line for line in lines)
    document = provision("config", "explain", "--json").json
    assert [each["key"] for each in document["values"]] == [line.split(" = ")[0] for line in lines]
    assert document["calls"] == {"read": 0, "write": 0}
    assert all(each["changes"] is None for each in document["values"])


def test_each_printed_key_is_understood_as_it_is_and_without_quotes(
    provision: Provision,  # noqa: F811
) -> None:
    for each in provision("config", "explain", "--json").json["values"]:
        key = each["key"]
        for typed in ([key], [key.replace('"', "")], key.replace('"', "").split(" ")):
            (found,) = provision("config", "explain", "--json", *typed).json["values"]
            assert found["key"] == key


def test_a_section_lists_its_values(provision: Provision) -> None:  # noqa: F811
    told = provision("config", "explain", "api.throttle")
    assert [line.split()[0] for line in told.out.splitlines()] == [
        "api.throttle.rate",
        "api.throttle.burst",
    ]


def test_a_change_is_explained_with_its_risks(provision: Provision) -> None:  # noqa: F811
    told = provision("config", "explain", "tables.items.key").out
    assert "changing it, for example to id2:\n    replaces table.items\n" in told
    assert "    may mean data loss: all its data is deleted with it (table.items)\n" in told
    none = provision("config", "explain", "functions.items.import_check").out
    assert none.endswith("    changes no resource\n")
    other = provision("config", "explain", "region").out
    assert other.endswith("selects another stack or account; this stack stays as it is\n")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("functions.itmes.memory", 'did you mean "functions.items.memory"?'),
        ("tabels.items", 'did you mean "tables.items"?'),
        ("network.flow_logs.retention", "network.flow_logs is null"),
        ("\x1b[31mred\n", "[usage-error]"),
    ],
)
def test_an_unknown_key_is_a_usage_error(
    provision: Provision,  # noqa: F811
    typed: str,
    said: str,
) -> None:
    told = provision("config", "explain", typed)
    assert (told.code, told.out) == (2, "")
    assert said in told.err
    assert all(char.isprintable() or char == "\n" for char in told.err)
    assert provision("config", "explain", "--json", typed).json["error"]["code"] == "usage-error"


def test_what_was_typed_or_set_is_named(
    provision: Provision,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = provision("config", "explain", "region", "--region", "eu-west-1").out
    assert "  --region  (over config.yaml:3: us-east-1)\n" in told
    monkeypatch.setenv("PROVISION_REGION", "eu-west-1")
    assert "  PROVISION_REGION  (over" in provision("config", "explain", "region").out
    local = provision("config", "explain", "environment", "--local").out
    assert "  --local  (over config.yaml:2: dev)\n" in local
    monkeypatch.setenv("PROVISION_ENV", "dev")
    assert "  PROVISION_ENV  (over" in provision("config", "explain", "environment").out


def test_a_file_that_is_wrong_ends_with_3(provision: Provision, home: Path) -> None:  # noqa: F811
    (home / "config.yaml").write_text("name: tap\nregoin: x\n")
    assert provision("config", "explain").code == 3


def test_the_hint_for_a_key_with_blanks_survives_a_shell(provision: Provision) -> None:  # noqa: F811
    told = provision("config", "explain", 'api.routes."GET /items".body.x')
    (command,) = [part for part in told.err.split("`") if part.startswith("provision config")]
    shown = subprocess.run(
        ["sh", "-c", f"printf '%s\\n' {command.partition(' explain ')[2]}"],
        capture_output=True,
        text=True,
        check=True,
        env=dict(os.environ),
    ).stdout
    assert provision("config", "explain", shown.strip()).code == 0
    assert provision(*shlex.split(command)[1:]).code == 0


@pytest.mark.parametrize(
    "key",
    [
        "functions.items.memory",
        "functions.items.log.retention",
        "functions.items.runtime",
        "tables.items.protect",
        "tables.items.expire",
        "api.throttle.rate",
        "api.cors",
        "monitoring.email",
        "tags.Environment",
    ],
)
@pytest.mark.usefixtures("account")
def test_plan_shows_what_was_foretold(
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
    key: str,
) -> None:
    assert provision("up", "--yes").code == 0
    (value,) = provision("config", "explain", "--json", key).json["values"]
    config: dict[str, Any] = yaml.safe_load(yaml.safe_dump(CONFIG))
    *way, last = key.split(".")
    place = config
    for each in way:
        place = place.setdefault(each, {})
    place[last] = value["changes"]["tried"]
    (home / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    plan = provision("plan", "--json").json
    planned = {
        each["node"]: each["action"] for each in plan["resources"] if each["action"] != "keep"
    }
    foretold = {
        each["node"]: each["action"].replace("publish", "replace")
        for each in value["changes"]["nodes"]
    }
    assert planned == foretold


def test_a_section_shows_how_one_is_added(provision: Provision) -> None:  # noqa: F811
    told = provision("config", "explain", "tables")
    assert "\nTo add one. Below tables:\n  orders: {key: id}\n" in told.out
    first, second = provision("config", "explain", "tables", "--json").json["example"]
    assert (first["place"], first["lines"]) == ("Below tables:", ["  orders: {key: id}"])
    assert "functions.items" in second["place"]
    assert provision("config", "explain", "name", "--json").json["example"] == []
    assert "To add one" not in provision("config", "explain").out


def test_the_last_part_of_a_section_is_enough(provision: Provision) -> None:  # noqa: F811
    """`routes` alone is `api.routes`, with the lines to paste of a public route."""
    whole, short = (
        provision("config", "explain", "api.routes"),
        provision("config", "explain", "routes"),
    )
    assert short.code == 0
    assert short.out == whole.out
    assert "key: false, throttle:" in short.out
