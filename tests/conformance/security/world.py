"""The stack whose security is checked: `prod`, with every option that is off by default."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from moto import mock_aws

from provision.aws.client import Aws
from tests.support.harness import Workshop, new_aws
from tests.support.moto_patches import teach_moto
from tests.support.sample_stack import ROOT, reference_stack

DOMAIN = {"name": "api.example.com", "zone": "example.com"}


@contextmanager
def emulated(directory: Path) -> Iterator[Workshop]:
    """Yield an account with the user's zone, and a directory for the stack's state."""
    with pytest.MonkeyPatch.context() as monkeypatch, mock_aws():
        teach_moto(monkeypatch)
        new_aws().route53.create_hosted_zone(Name=DOMAIN["zone"], CallerReference="test")
        yield Workshop(directory)


def up(workshop: Workshop) -> Aws:
    settings = yaml.safe_load((ROOT / "config.yaml").read_text("utf-8"))["environments"]["prod"]
    settings["api"] |= {"domain": DOMAIN, "waf": {}}
    settings["encryption"] = {"key": "create"}
    home = workshop.directory.parent / f"{workshop.directory.name}-home"
    workshop.run(reference_stack(new_aws(), home, settings), "up")
    return new_aws()
