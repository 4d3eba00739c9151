"""The SDK's models are loaded in another way than botocore's, with the same content."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import boto3
import botocore.session
import pytest
from botocore.exceptions import DataNotFoundError, UnknownServiceError
from botocore.loaders import create_loader

from provision import __version__
from provision.aws.session import model_loader
from tests.support.harness import new_aws


@pytest.mark.parametrize("kind", ["service-2", "paginators-1", "waiters-2", "endpoint-rule-set-1"])
@pytest.mark.parametrize("service", ["ec2", "lambda", "apigateway"])
def test_models_are_botocores_own(service: str, kind: str) -> None:
    try:
        own = create_loader().load_service_model(service, kind)
    except UnknownServiceError:  # it has no such file
        with pytest.raises(DataNotFoundError):
            model_loader(None).load_service_model(service, kind)
        return
    read = model_loader(None).load_service_model(service, kind)
    assert read == own
    assert list(read) == list(own), "in the same order"


def test_a_service_that_there_is_not() -> None:
    with pytest.raises(UnknownServiceError, match="no-such-service"):
        model_loader(None).load_service_model("no-such-service", "service-2")


def test_models_of_ones_own_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS_DATA_PATH is read as botocore reads it, variables included."""
    folder = tmp_path / "models" / "mine" / "2026-01-01"
    folder.mkdir(parents=True)
    (folder / "service-2.json.gz").write_bytes(gzip.compress(json.dumps({"a": 1}).encode()))
    monkeypatch.setenv("MINE", str(tmp_path))
    monkeypatch.setenv("AWS_DATA_PATH", "$MINE/models")
    path = botocore.session.Session().get_config_variable("data_path")
    loader = model_loader(path)
    assert loader.load_service_model("mine", "service-2") == {"a": 1}
    assert loader.determine_latest_version("mine", "service-2") == "2026-01-01"


def test_the_sessions_of_tests_look_once_in_each_folder() -> None:
    """They share a loader: with a folder more for each session, ten thousand take minutes."""
    new_aws()
    new_aws()
    folders = model_loader(None).search_paths
    assert len(folders) == len(set(folders))


@pytest.mark.usefixtures("account")
def test_a_call_says_who_makes_it() -> None:
    """The user agent names this tool, as CloudTrail shows it."""
    said: list[str] = []
    aws = new_aws()
    aws.sts.meta.events.register(
        "before-send.sts.*", lambda request, **_: said.append(request.headers["User-Agent"])
    )
    aws.sts.get_caller_identity()
    (words,) = (words.decode() if isinstance(words, bytes) else words for words in said)
    assert words.startswith(f"provision/{__version__} Boto3/{boto3.__version__} Python/")
