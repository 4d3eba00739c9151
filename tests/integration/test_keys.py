"""`provision keys` as a user meets it: its output, its exit codes, and no key's value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from provision.state.journal import Journal
from provision.steps import KINDS
from tests.integration.test_cli import CONFIG, Provision, home, provision  # noqa: F401  (fixtures)
from tests.support.harness import HOLDER

BOTH: dict[str, Any] = {**CONFIG, "api": {**CONFIG["api"], "keys": ["default", "second"]}}


@pytest.fixture
def stands(account: None, provision: Provision, home: Path) -> Provision:  # noqa: F811
    (home / "config.yaml").write_text(yaml.safe_dump(BOTH, sort_keys=False))
    assert provision("up", "--yes").code == 0
    return provision


def values() -> dict[str, str]:
    """Return every key's value by its id."""
    keys = boto3.client("apigateway").get_api_keys(includeValues=True)["items"]
    return {key["id"]: key["value"] for key in keys}


def test_a_rotation_from_beginning_to_end(stands: Provision) -> None:
    first = stands("keys", "list", "--json").json
    assert [(key["name"], key["retired_on"]) for key in first["keys"]] == [
        ("default", None),
        ("second", None),
    ]
    old = first["keys"][0]["id"]
    rotated = stands("keys", "rotate", "default")
    assert rotated.code == 0
    assert "still works" in rotated.out
    assert "outputs api_keys.default\n" in rotated.err
    assert f"keys disable {old}" in rotated.err
    listed = stands("keys", "list", "--json").json["keys"]
    new = listed[0]["id"]
    assert [key["id"] for key in listed if key["retired_on"]] == [old]
    assert stands("outputs", "api_keys.default").out.strip() == values()[new]
    assert stands("outputs", "api_key_ids.default").out.strip() == new
    assert stands("outputs", "api_keys.second").out.strip() == values()[listed[2]["id"]]
    assert stands("plan", "--check").code == 0
    status = stands("status", "--check")
    assert status.code == 0
    assert f"api.key.default: the key {old}, retired" in status.out
    assert "switched off" in stands("keys", "disable", old).out
    assert old not in stands("status").out, "it is nobody's concern any more"
    assert stands("keys", "enable", old, "--json").json["keys"][1]["enabled"]
    assert stands("keys", "remove", old).code == 1
    assert stands("keys", "disable", old).code == 0
    assert stands("keys", "remove", old).code == 0
    assert old not in values()
    assert stands("down", "--yes", "--destroy-data").code == 0
    assert values() == {}


def test_down_in_the_middle_of_a_rotation(stands: Provision) -> None:
    stands("keys", "rotate", "second")
    assert len(values()) == 3
    gone = stands("down", "--yes", "--destroy-data")
    assert gone.code == 0
    assert values() == {}


def test_no_value_is_told_or_kept(stands: Provision, home: Path) -> None:  # noqa: F811
    told = [stands(*words) for words in (("keys", "list"), ("-v", "keys", "rotate", "default"))]
    told.append(stands("keys", "rotate", "second", "--json"))
    files = [path.read_bytes() for path in home.rglob("*") if path.is_file()]
    for value in values().values():
        assert not any(value in answer.out + answer.err for answer in told)
        assert not any(value.encode() in content for content in files)


def test_what_was_typed_wrong(stands: Provision, home: Path) -> None:  # noqa: F811
    unknown = stands("keys", "rotate", "defalt")
    assert (unknown.code, "it has default" in unknown.err) == (2, True)
    nobody = stands("keys", "disable", "abc")
    assert (nobody.code, "keys list" in nobody.err) == (1, True)
    current = stands("keys", "list", "--json").json["keys"][0]["id"]
    refused = stands("keys", "disable", current, "--json")
    assert refused.code == 1
    assert "keys rotate default" in refused.json["error"]["hint"]
    held = Journal(home / ".provision" / "dev", "tap-dev", KINDS).open(HOLDER)
    assert stands("keys", "rotate", "default").code == 6
    held.close()


def test_before_the_first_up(account: None, provision: Provision) -> None:  # noqa: F811
    assert "no API key yet" in provision("keys", "list").out
    assert provision("keys", "list", "--json").json["keys"] == []
    early = provision("keys", "rotate", "default")
    assert (early.code, "provision up" in early.err) == (1, True)
