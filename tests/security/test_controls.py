"""Each control holds after `up`, is seen when it does not, and holds again after the next `up`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from moto import mock_aws

from provision.aws import Aws
from tests.moto_truths import teach_moto
from tests.reference import ROOT, reference_stack
from tests.security.controls import CONTROLS, Control
from tests.security.page import PAGE, page
from tests.workshop import Workshop, new_aws

DOMAIN = {"name": "api.example.com", "zone": "example.com"}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """The shipped stack as `prod`, behind a domain."""
    with pytest.MonkeyPatch.context() as monkeypatch, mock_aws():
        teach_moto(monkeypatch)
        new_aws().route53.create_hosted_zone(Name="example.com", CallerReference="test")
        workshop = Workshop(tmp_path_factory.mktemp("security"))
        up(workshop)
        yield workshop


def up(workshop: Workshop) -> Aws:
    settings = yaml.safe_load((ROOT / "config.yaml").read_text("utf-8"))["environments"]["prod"]
    settings["api"]["domain"] = DOMAIN
    home = workshop.directory.parent / f"{workshop.directory.name}-home"
    workshop.run(reference_stack(new_aws(), Path(home), settings), "up")
    return new_aws()


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.name)
def test_holds(stack: Workshop, control: Control) -> None:
    aws = new_aws()
    assert list(control.broken(aws)) == []
    control.spoil(aws)
    assert list(control.broken(aws)), "the question cannot fail"
    assert list(control.broken(up(stack))) == []


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == page(), "run: make security"
