"""The accounts of the complete stack: moto in this process, or MiniStack over HTTP."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from moto import mock_aws

from provision import local
from provision.aws.access import Access
from provision.aws.client import Aws
from provision.plan.limitations import Limitations
from tests.conformance.drift.world import ZONE, World
from tests.support.harness import REGION, new_aws
from tests.support.moto_patches import teach_moto


@contextmanager
def on_moto(directory: Path) -> Iterator[World]:
    """Yield an account of its own, with the stack in it."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        teach_moto(patch)
        yield built(World(directory, new_aws(), new_aws()))


@contextmanager
def on_ministack(directory: Path) -> Iterator[World]:
    """Yield an emulator of its own, with the stack in it."""
    home = directory / "emulator"
    emulator = local.start(home, port=_free_port(), report=logging.getLogger(__name__).debug)
    access = Access(
        REGION,
        endpoint=emulator.endpoint,
        credentials=local.CREDENTIALS,
        on_client_created=local.install,
        rate_limited=False,
        deletes_lag=False,
    )
    limitations = Limitations(
        local.UNSUPPORTED_KINDS, local.UNREADABLE_FIELDS, local.KINDS_WITHOUT_BACKUP
    )
    try:
        yield built(World(directory, Aws(access), Aws(access), limitations, workers=8))
    finally:
        local.stop(home)


def built(world: World) -> World:
    """Return the world, after `up` has run and no field differs."""
    world.theirs.route53.create_hosted_zone(Name=ZONE, CallerReference="drift")
    world.look()
    outcome = world.up()
    assert not outcome.failed, [str(error) for error in outcome.failed.values()]
    assert world.told() == {}
    return world


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
