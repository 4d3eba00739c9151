"""The shipped stack under every law at once: up, changed, down, without an error for the user."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from provision.aws.access import READ_PREFIXES
from provision.aws.failed_call import FailedCall
from provision.aws.retry import NON_IDEMPOTENT_CREATES, retry_rule_for
from provision.plan.change import Action
from tests.faults.aws_behaviours.frame import Court, Sent
from tests.faults.aws_behaviours.harness import SEEDS, LawfulWorkshop, under
from tests.faults.aws_behaviours.registry import every_law
from tests.support.account_inventory import Inventory, inventory, scaling, without_proofs
from tests.support.harness import new_aws
from tests.support.sample_stack import TinySources, reference_stack
from tests.support.virtual_clock import VirtualClock

ZONE = "example.com"
FULL: dict[str, Any] = {
    "api": {"domain": {"name": "api.example.com", "zone": ZONE}},
    "functions": {
        "items": {
            "environment": {"CURSOR_KEY": {"secret": "ssm:/tap/cursor"}},
            "on": {"nightly": {"schedule": "cron(0 3 * * ? *)"}},
        }
    },
}
MORE: dict[str, Any] = {
    "api": {
        "routes": {"GET /more": "items"},
        "tls": "SecurityPolicy_TLS13_1_3_2025_09",
    },
    "functions": {"items": {"memory": 1024}},
}


def now() -> Inventory:
    return inventory(new_aws()) | scaling(new_aws())


def same_call(one: Sent, other: Sent) -> bool:
    return one.call == other.call


def repeats(sent: list[Sent]) -> Iterator[tuple[Sent, Sent, list[Sent]]]:
    """Yield every write without a good answer, its repetition, and the calls in between."""
    for position, first in enumerate(sent):
        if not first.call.write or (first.refusal is None and not first.lost):
            continue
        for later in range(position + 1, len(sent)):
            if same_call(first, sent[later]):
                yield first, sent[later], sent[position + 1 : later]
                break


def none_was_repeated_blindly(sent: list[Sent]) -> None:
    """Assert that no write was repeated blindly.

    A refused write is repeated after a pause, and only for a temporary reason; one that may have
    been carried out, and would then create a second resource, only after a read.
    """
    for first, again, between in repeats(sent):
        call = first.call
        looked = any(
            one.call.service == call.service and one.call.operation.startswith(READ_PREFIXES)
            for one in between
        )
        if call.operation in NON_IDEMPOTENT_CREATES and first.done:
            assert looked, f"{call.operation} again without a look"
            continue
        assert again.at > first.at, f"{call.operation} again at once"
        if first.refusal is None or looked:
            continue
        failure = FailedCall(
            call.operation,
            first.refusal.code,
            first.refusal.message,
            first.refusal.status,
            str(call.params),
        )
        made = [str(value) for value in call.params.values() if isinstance(value, str)]
        assert retry_rule_for(failure, fresh=made, iam_fresh=True), f"{first} repeated"


def step_by_step(shop: LawfulWorkshop, directory: Path, changes: dict[str, Any]) -> None:
    sources = TinySources(directory / "zips")
    stack = reference_stack(new_aws(), directory, changes, sources)
    shop.run(stack, "up")
    shop.held.clock.sleep(120)
    assert {f.action for f in shop.run(stack, "up").changes.values()} == {Action.KEEP}
    assert shop.last.writes == []
    sources.code = "def handler(event, context): return {'changed': True}\n"
    sources.layer_text = "x = 2\n"
    more = MORE | {"api": {**MORE["api"], **changes.get("api", {})}}
    changed = reference_stack(new_aws(), directory, more, sources)
    shop.run(changed, "up")
    shop.held.clock.sleep(120)
    shop.run(changed, "up")
    assert shop.last.writes == []
    shop.run(changed, "down")


@pytest.mark.parametrize("seed", SEEDS)
def test_the_stack_lives_under_all_laws(account: None, tmp_path: Path, seed: int) -> None:
    """Even seeds use a domain and a secret, odd ones the shipped stack."""
    changes = {} if seed % 2 else FULL
    new_aws().route53.create_hosted_zone(Name=ZONE, CallerReference="test")
    before = now()
    held = Court(every_law(), VirtualClock(), seed, latency=0.05)
    shop = under(held, tmp_path)
    step_by_step(shop, tmp_path, changes)
    none_was_repeated_blindly(held.sent)
    assert held.refused("A1") == []
    stays = without_proofs(now())
    left = {kind: names - before.get(kind, frozenset()) for kind, names in stays.items()}
    left["role"] = frozenset()  # the account's logging role stays
    left["role policy"] = frozenset()
    assert {kind: names for kind, names in left.items() if names} == {}
