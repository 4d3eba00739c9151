"""The API key: the contract, keys of the same name, and the value that must never be shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from provision.model.step import OWNER, Step
from provision.steps.apigateway.api_key import ApiKey
from tests.support.harness import Workshop, new_aws, one_node
from tests.unit.steps.contract import StepContract

KEY = ApiKey(name="tap-dev-default", description="of the tests", tags={"team": "a"})


class TestApiKey(StepContract):
    edits = {
        "name": "tap-dev-other",
        "enabled": False,
        "description": "",
        "tags": {"team": "b", "more": "c"},
    }
    drift_only = frozenset({"due"})

    def given(self, aws: Any) -> Step:
        return KEY


def test_a_disabled_key_is_made_disabled(workshop: Workshop) -> None:
    workshop.run(one_node(replace(KEY, enabled=False)), "up")
    assert [key["enabled"] for key in new_aws().apigateway.get_api_keys()["items"]] == [False]
    assert workshop.last.writes == ["CreateApiKey"]


def test_a_new_one_may_be_invisible_for_a_while(account: None) -> None:
    """NotFound for a new key is retried (X10)."""
    aws = new_aws()
    made = KEY.create(aws)
    assert made.id in aws.new_ids


def test_keys_of_the_same_name_are_told_apart_by_tag(workshop: Workshop) -> None:
    aws = new_aws().apigateway
    aws.create_api_key(name=KEY.name, enabled=True)
    aws.create_api_key(name=KEY.name, enabled=True, tags={OWNER: "other-dev/it"})
    aws.create_api_key(name=f"{KEY.name}-longer", enabled=True, tags={OWNER: "tap-dev/it"})
    made = workshop.run(one_node(KEY), "up").resources["it"]
    assert len(aws.get_api_keys()["items"]) == 4
    workshop.forget()
    again = workshop.run(one_node(KEY), "up").resources["it"]
    assert again == made
    assert workshop.last.writes == []
    workshop.run(one_node(KEY), "down")
    assert len(aws.get_api_keys()["items"]) == 3


def test_one_made_again_by_hand_is_not_ours(workshop: Workshop) -> None:
    made = workshop.run(one_node(KEY), "up").resources["it"]
    assert isinstance(made, ApiKey)
    aws = new_aws().apigateway
    aws.delete_api_key(apiKey=made.id)
    by_hand = aws.create_api_key(name=KEY.name, enabled=True)["id"]
    again = workshop.run(one_node(KEY), "up").resources["it"]
    assert isinstance(again, ApiKey)
    assert again.id not in {made.id, by_hand}


def test_the_value_is_asked_for_by_nobody_and_kept_nowhere(workshop: Workshop) -> None:
    """CreateApiKey answers it without being asked (A23)."""
    made = workshop.run(one_node(KEY), "up").resources["it"]
    assert isinstance(made, ApiKey)
    aws = new_aws()
    value = aws.apigateway.get_api_key(apiKey=made.id, includeValue=True)["value"]
    kept = [path.read_text() for path in workshop.directory.iterdir() if path.is_file()]
    assert made.id in "".join(kept)
    seen = made.observe(aws)
    assert value
    assert value not in "".join([*kept, repr(made), repr(seen)])
