"""Every gate of the commands, and the test that tries it with the protected resource."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

TESTS: Final = Path(__file__).parents[2]
GATES: Final[dict[str, tuple[str, ...]]] = {
    "`up` and `down` ask": (
        "integration/test_cli.py::test_up_and_down_show_the_plan_and_ask",
        "integration/test_cli.py::test_nothing_asks_when_nobody_can_answer",
        "integration/test_cli.py::test_nothing_asks_under_ci_though_there_is_a_terminal",
    ),
    "`protect`: removing the stack wants its name": (
        "integration/removal/test_agreement.py::test_yes_is_not_enough_and_it_says_what_is",
        "integration/removal/test_agreement.py::test_the_name_is_asked_for_at_a_terminal",
    ),
    "`protect`: making data anew wants the stack's name": (
        "faults/gates/test_data.py::test_protected_data_is_made_anew_only_with_the_stacks_name",
    ),
    "data stays unless it is named": (
        "faults/gates/test_data.py::test_only_what_is_named_is_destroyed",
        "integration/removal/test_receipt.py::test_what_goes_and_what_stays_is_said_with_its_size",
    ),
    "data is backed up first, or stays": (
        "integration/removal/test_backups.py::test_a_backup_that_cannot_be_made_keeps_the_table",
    ),
    "the key stays with what it encrypted": (
        "faults/gates/test_data.py::test_a_key_stays_as_long_as_something_needs_it",
    ),
    "a saved plan allows nothing": (
        "unit/workflows/test_saved_plan.py::test_what_a_plan_destroys_is_allowed_again_by_who_carries_it_out",
        "unit/workflows/test_saved_plan.py::test_a_person_is_asked_what_a_plan_destroys",
        "unit/workflows/test_saved_plan.py::test_whatever_is_edited_in_a_plan_nothing_more_is_done",
    ),
    "a saved plan is for one stack, account and region, as they were": (
        "unit/workflows/test_saved_plan.py::test_a_plan_is_for_one_stack_account_and_region",
        "unit/workflows/test_saved_plan.py::test_what_moved_since_is_named_and_nothing_done",
    ),
    "what is another's is taken over by name only": (
        "integration/test_cli.py::test_a_foreign_resource_stops_its_node_only",
    ),
    "what is another's is never destroyed": (
        "faults/gates/test_data.py::test_what_is_anothers_is_not_destroyed_by_being_named",
        "faults/ownership/test_foreign_nodes.py::test_retagged_behind_our_back",
        "faults/ownership/test_hostile_state.py::test_what_a_state_claims_is_left_alone",
    ),
    "what comes after a `down` cut short is judged anew": (
        "faults/gates/test_ours.py::test_a_log_group_that_came_after_a_down_cut_short",
        "faults/gates/test_ours.py::test_an_execution_log_of_anothers_api_after_a_down_cut_short",
    ),
    "an API key in use, or of others, is not touched": (
        "faults/gates/test_ours.py::test_a_key_in_use_or_of_others_is_not_touched_by_its_id",
        "integration/test_rotate_keys.py::test_the_key_in_use_and_others_are_refused",
    ),
    "one account and region": (
        "integration/test_account_guard.py::test_every_command_is_refused_elsewhere",
        "integration/test_account_guard.py::test_push_is_refused_elsewhere_too",
        "integration/push/test_command.py::test_a_push_into_another_account_is_refused_before_it_writes",
    ),
    "one writer at a time": (
        "faults/gates/test_locked.py::test_what_writes_waits_and_what_reads_does_not",
    ),
    "two machines at once": (
        "unit/engine/test_concurrent_runs.py::test_two_at_once_double_nothing",
    ),
    "an environment that is listed": (
        "integration/test_unlisted.py::test_a_misspelt_one_is_refused_with_the_nearest_before_anything_is_called",
        "integration/test_unlisted.py::test_a_person_is_asked_and_yes_to_another_question_is_no_answer",
    ),
    "a misspelt node": ("integration/test_cli.py::test_a_misspelt_node_is_told_what_it_may_be",),
    "credentials go to AWS": (
        "integration/secrets_leak/test_endpoints.py::test_every_command_is_refused_unless_told",
    ),
    "sources are inside": ("faults/hostile/test_pull_request.py",),
    "looking writes nothing": ("faults/gates/test_looking.py",),
}


@pytest.mark.parametrize("gate", GATES)
def test_each_is_there(gate: str) -> None:
    for named in GATES[gate]:
        path, _, test = named.partition("::")
        text = (TESTS / path).read_text("utf-8")
        assert re.search(rf"^def {test}\(" if test else r"^def test_", text, re.MULTILINE), named
