"""Each control holds after `up`, is seen when it does not, and holds again after the next `up`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from moto import mock_aws

from provision.aws import Aws
from tests.moto_truths import teach_moto
from tests.reference import ROOT, reference_stack
from tests.security.controls import CONTROLS
from tests.security.page import PAGE, page
from tests.workshop import Workshop, new_aws

DOMAIN = {"name": "api.example.com", "zone": "example.com"}


Broken = dict[str, list[str]]


@dataclass(frozen=True)
class Asked:
    """What does not hold, by control: after `up`, after all were broken, after the next `up`."""

    made: Broken
    broken: Broken
    repaired: Broken


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    """The shipped stack as `prod`, behind a domain and a web ACL, with a key of its own."""
    with pytest.MonkeyPatch.context() as monkeypatch, mock_aws():
        teach_moto(monkeypatch)
        new_aws().route53.create_hosted_zone(Name="example.com", CallerReference="test")
        workshop = Workshop(tmp_path_factory.mktemp("security"))
        made = broken(up(workshop))
        for control in CONTROLS:
            control.spoil(new_aws())
        seen = broken(new_aws())
        return Asked(made, seen, broken(up(workshop)))


def broken(aws: Aws) -> Broken:
    return {control.name: list(control.broken(aws)) for control in CONTROLS}


def up(workshop: Workshop) -> Aws:
    settings = yaml.safe_load((ROOT / "config.yaml").read_text("utf-8"))["environments"]["prod"]
    settings["api"] |= {"domain": DOMAIN, "waf": {}}
    settings["encryption"] = {"key": "create"}
    home = workshop.directory.parent / f"{workshop.directory.name}-home"
    workshop.run(reference_stack(new_aws(), Path(home), settings), "up")
    return new_aws()


@pytest.mark.parametrize("control", [control.name for control in CONTROLS])
def test_holds(asked: Asked, control: str) -> None:
    assert asked.made[control] == []
    assert asked.broken[control], "the question cannot fail"
    assert asked.repaired[control] == []


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == page(), "run: make security"
