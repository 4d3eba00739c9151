"""SQS's laws: a naive client fails under each, our queue does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from provision.steps.sqs.queue import Queue
from tests.faults.aws_behaviours.conftest import Session, naive
from tests.faults.aws_behaviours.harness import SEEDS, LosesOnce, under
from tests.faults.aws_behaviours.rules import sqs as laws

QUEUE = Queue(name="dead", tags={"team": "a"})


@pytest.mark.parametrize("seed", SEEDS)
def test_q1_a_second_create_must_say_the_same(court: Session, tmp_path: Path, seed: int) -> None:
    held = court(laws.EqualOrRefused(), seed=seed)
    client = naive(held, "sqs")
    client.create_queue(QueueName="other", Attributes={"VisibilityTimeout": "30"})
    with pytest.raises(ClientError, match="different value for attribute VisibilityTimeout"):
        client.create_queue(QueueName="other", Attributes={"VisibilityTimeout": "60"})
    shop = under(held, tmp_path)
    shop.up(QUEUE)
    shop.up(replace(QUEUE, visibility=60))
    shop.forget()
    shop.up(replace(QUEUE, visibility=90))
    assert len(held.refused("Q1")) == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_q1_a_queue_just_made_is_not_there_yet(court: Session, tmp_path: Path, seed: int) -> None:
    held = court(laws.NotVisibleAtOnce(), LosesOnce("CreateQueue"), seed=seed)
    shop = under(held, tmp_path)
    shop.up(QUEUE, within=20)
    shop.stays(QUEUE)
    client = naive(held, "sqs")
    client.create_queue(QueueName="other")
    with pytest.raises(ClientError, match="NonExistentQueue"):
        client.get_queue_url(QueueName="other")


@pytest.mark.parametrize("seed", SEEDS)
def test_q2_down_and_up_at_once_wait_only_for_the_name(
    court: Session, tmp_path: Path, seed: int
) -> None:
    held = court(laws.NameRestsAfterDeletion(), laws.DeletingTakesAMinute(), seed=seed)
    client = naive(held, "sqs")
    url = client.create_queue(QueueName="other")["QueueUrl"]
    client.delete_queue(QueueUrl=url)
    with pytest.raises(ClientError, match="QueueDeletedRecently"):
        client.create_queue(QueueName="other")
    shop = under(held, tmp_path)
    shop.up(QUEUE)
    shop.down(QUEUE, within=95)
    began = held.clock.now()
    shop.up(QUEUE, within=75)
    assert held.clock.now() - began < 75
    held.clock.sleep(60)
    assert client.get_queue_url(QueueName="dead")


@pytest.mark.parametrize("seed", SEEDS)
def test_q3_a_change_shows_only_after_a_minute(court: Session, tmp_path: Path, seed: int) -> None:
    held = court(laws.AttributesSpread(), seed=seed)
    client = naive(held, "sqs")
    url = client.create_queue(QueueName="other")["QueueUrl"]
    client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    client.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "77"})
    reads = [
        client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        for _ in range(12)
    ]
    assert any(read["VisibilityTimeout"] != "77" for read in reads)
    shop = under(held, tmp_path)
    shop.up(QUEUE)
    changed = replace(QUEUE, visibility=60, retention=3600)
    shop.up(changed, within=125)
    held.clock.sleep(60)
    shop.stays(changed)


@pytest.mark.parametrize("seed", SEEDS)
def test_q5_a_deleted_queue_is_not_taken_for_a_living_one(
    court: Session, tmp_path: Path, seed: int
) -> None:
    held = court(laws.DeletingTakesAMinute(), seed=seed)
    client = naive(held, "sqs")
    client.delete_queue(QueueUrl=client.create_queue(QueueName="other")["QueueUrl"])
    shop = under(held, tmp_path)
    shop.up(QUEUE)
    shop.down(QUEUE, within=95)
    shop.up(QUEUE)
    held.clock.sleep(60)
    assert client.get_queue_url(QueueName="dead")
    shop.stays(QUEUE)


@pytest.mark.parametrize("seed", SEEDS)
def test_q5_two_misses_are_no_proof(court: Session, tmp_path: Path, seed: int) -> None:
    law = laws.DeletedSeemsGoneByTurns()
    held = court(law, seed=seed)
    client = naive(held, "sqs")
    client.delete_queue(QueueUrl=client.create_queue(QueueName="other")["QueueUrl"])
    for _ in range(2):
        with pytest.raises(ClientError, match="NonExistentQueue"):
            client.get_queue_url(QueueName="other")
    assert client.get_queue_url(QueueName="other"), "who was content with that has it again"
    shop = under(held, tmp_path)
    shop.up(QUEUE)
    shop.down(QUEUE, within=95)
    assert held.clock.now() >= law.until["dead"]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_queue_lives_under_all_of_them(court: Session, tmp_path: Path, seed: int) -> None:
    held = court(*(law() for law in laws.LAWS), seed=seed)
    shop = under(held, tmp_path)
    shop.up(QUEUE, within=30)
    changed = replace(QUEUE, visibility=60, retention=3600, tags={"team": "b"})
    shop.up(changed, within=125)
    shop.down(changed, within=95)
    shop.up(QUEUE, within=90)
    held.clock.sleep(60)
    shop.stays(QUEUE)
