"""The commands that are shown for another copy of a stack, in another account or region."""

from __future__ import annotations

from pathlib import Path

import pytest

from provision.state.other_location import PinnedLocation, lives_elsewhere

PINNED = PinnedLocation("111111111111", "us-east-1")


@pytest.mark.parametrize(
    ("here", "beside"),
    [
        (PinnedLocation("222222222222", "us-east-1"), "'/my state-222222222222-us-east-1'"),
        (PinnedLocation("111111111111", "eu-west-1"), "'/my state-eu-west-1'"),
    ],
)
def test_the_command_names_a_directory_of_its_own(here: PinnedLocation, beside: str) -> None:
    error = lives_elsewhere("tap-dev", Path("/my state"), PINNED, here)
    assert error.message == (
        "tap-dev lives in account 111111111111, us-east-1; these credentials belong to"
        f" {here.account}, {here.region}"
    )
    assert error.hint == (
        "choose the right --profile and --region; a second copy of it here needs a state of"
        f" its own: `provision plan --region {here.region} --state {beside}`"
    )
