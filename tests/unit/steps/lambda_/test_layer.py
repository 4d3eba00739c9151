"""The layer: the contract, and its history of versions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from botocore.awsrequest import AWSResponse, HTTPHeaders
from moto.core.botocore_stubber import MockRawResponse

from provision.errors import NotOwned
from provision.model.step import Step
from provision.packaging.archive import ZIPPED_LIMIT
from provision.plan.change import Action
from provision.steps.lambda_.code import ZipUnusable
from provision.steps.lambda_.layer import KEPT, Layer
from provision.unknown import UNKNOWN
from tests.support.harness import Recorder, Workshop, new_aws, one_node
from tests.unit.steps.contract import StepContract
from tests.unit.steps.lambda_world import Refusing, a_bundle


def a_layer(directory: Path, text: str = "one") -> Layer:
    bundle = a_bundle(text)
    path = directory / f"{bundle.sha256}.zip"
    path.write_bytes(bundle.content)
    return Layer(
        name="tap-dev-dependencies",
        sha256=bundle.sha256,
        runtimes=("python3.12", "python3.13"),
        architectures=("arm64",),
        zip=str(path),
    )


def versions() -> list[int]:
    listed = new_aws().lambda_.list_layer_versions(LayerName="tap-dev-dependencies")
    return sorted(item["Version"] for item in listed["LayerVersions"])


class TestLayer(StepContract):
    edits: ClassVar[dict[str, Any]] = {}
    fixed_edits: ClassVar = {"runtimes": ("python3.13",), "architectures": ("x86_64",)}

    @pytest.fixture(autouse=True)
    def _directory(self, tmp_path: Path) -> None:
        self.directory = tmp_path

    def given(self, aws: Any) -> Step:
        return a_layer(self.directory)


@pytest.fixture
def layer(tmp_path: Path, account: None) -> Layer:
    return a_layer(tmp_path)


def test_other_content_is_another_version(layer: Layer, workshop: Workshop, tmp_path: Path) -> None:
    first = workshop.run(one_node(layer), "up").resources["it"]
    second = workshop.run(one_node(a_layer(tmp_path, "two")), "up").resources["it"]
    assert isinstance(first, Layer)
    assert isinstance(second, Layer)
    assert (first.version, second.version) == (1, 2)
    assert second.arn.endswith(":layer:tap-dev-dependencies:2")
    assert versions() == [1, 2]


def test_content_of_before_is_not_published_again(
    layer: Layer, workshop: Workshop, tmp_path: Path
) -> None:
    workshop.run(one_node(layer), "up")
    workshop.run(one_node(a_layer(tmp_path, "two")), "up")
    for _ in range(2):
        step = workshop.run(one_node(layer), "up").resources["it"]
        assert workshop.last.writes == []
        assert isinstance(step, Layer)
        assert step.version == 1


def test_published_twice_it_is_the_same_version(layer: Layer) -> None:
    ours = layer.with_owner("tap-dev/it")
    first = ours.create(new_aws())
    assert ours.create(new_aws()) == first
    assert first.arn.endswith(":1")
    assert versions() == [1]


def test_only_the_newest_of_ours_stay(layer: Layer, workshop: Workshop, tmp_path: Path) -> None:
    workshop.run(one_node(layer), "up")
    publish(description="somebody else's")
    for number in range(KEPT + 1):
        workshop.run(one_node(a_layer(tmp_path, str(number))), "up")
    assert versions() == [2, *range(4, 4 + KEPT)]
    workshop.run(one_node(layer), "down")
    assert versions() == [2]


class Losing(Recorder):
    """AWS publishes the layer, and its answer is lost."""

    def watch(self, client: Any) -> None:
        super().watch(client)
        client.meta.events.register_first("before-send.lambda.PublishLayerVersion", self.lose)

    def lose(self, request: Any, **_: Any) -> Any:
        return AWSResponse(request.url, 500, HTTPHeaders(), MockRawResponse(b"{}"))


def test_down_needs_no_content(layer: Layer, workshop: Workshop) -> None:
    workshop.run(one_node(layer), "up")
    unbuilt = replace(layer, sha256=UNKNOWN, zip=UNKNOWN)
    workshop.run(one_node(unbuilt), "down")
    assert workshop.run(one_node(layer), "plan").changes["it"].action is Action.CREATE


@pytest.mark.parametrize("done", [True, False])
@pytest.mark.parametrize("before", [True, False])
def test_a_lost_answer_makes_no_second_version(
    workshop: Workshop, tmp_path: Path, done: bool, before: bool
) -> None:
    if before:
        workshop.run(one_node(a_layer(tmp_path, "earlier")), "up")
    refused = Refusing("PublishLayerVersion", "ServiceException", status=500, times=1)
    recorder = Losing() if done else refused
    step = workshop.run(one_node(a_layer(tmp_path)), "up", recorder=recorder).resources["it"]
    assert isinstance(step, Layer)
    assert recorder.writes.count("PublishLayerVersion") == (1 if done else 2)
    assert step.version == len(versions()) == (2 if before else 1)


def publish(description: str) -> None:
    new_aws().lambda_.publish_layer_version(
        LayerName="tap-dev-dependencies",
        Description=description,
        Content={"ZipFile": a_bundle("theirs").content},
    )


@pytest.mark.parametrize("description", ["", "other/layer.x sha256=" + "0" * 64])
def test_versions_of_others_are_foreign(layer: Layer, workshop: Workshop, description: str) -> None:
    publish(description)
    assert workshop.run(one_node(layer), "plan").changes["it"].action is Action.FOREIGN
    with pytest.raises(NotOwned):
        workshop.run(one_node(layer), "up")
    workshop.run(one_node(layer), "down")
    assert workshop.last.writes == []


def test_a_zip_too_large_is_refused_before_it_is_sent(
    layer: Layer, workshop: Workshop, tmp_path: Path
) -> None:
    large = tmp_path / "large.zip"
    with large.open("wb") as file:
        file.truncate(ZIPPED_LIMIT + 1)
    with pytest.raises(ZipUnusable, match=r"layer tap-dev-dependencies is 50\.0 MiB") as refused:
        workshop.run(one_node(replace(layer, zip=str(large))), "up")
    assert "another layer" in refused.value.hint
    assert workshop.last.writes == []


def test_a_zip_that_is_gone_or_another_is_said(
    layer: Layer, workshop: Workshop, tmp_path: Path
) -> None:
    with pytest.raises(ZipUnusable, match=r"cannot be read.*No such file"):
        workshop.run(one_node(replace(layer, zip=str(tmp_path / "none.zip"))), "up")
    Path(layer.zip).write_bytes(b"other")
    with pytest.raises(ZipUnusable, match="no longer the one"):
        workshop.run(one_node(layer), "up")
    assert workshop.last.writes == []


def forge(layer: Layer, times: int = 1) -> None:
    """Publish a foreign version with our description, every word of which can be copied."""
    for _ in range(times):
        new_aws().lambda_.publish_layer_version(
            LayerName=layer.name,
            Description=f"tap-dev/it sha256={layer.sha256}",
            Content={"ZipFile": a_bundle("theirs").content},
            CompatibleRuntimes=["python3.12", "python3.13"],
            CompatibleArchitectures=["arm64"],
        )


def used(workshop: Workshop, layer: Layer) -> int:
    step = workshop.run(one_node(layer), "up").resources["it"]
    assert isinstance(step, Layer)
    return step.version


@pytest.mark.parametrize("lost", [False, True], ids=["known", "state lost"])
def test_our_words_on_other_content_are_told_and_never_used(
    layer: Layer, workshop: Workshop, *, lost: bool
) -> None:
    workshop.run(one_node(layer), "up")
    forge(layer)
    if lost:
        workshop.forget()
    found = workshop.run(one_node(layer), "plan").changes["it"]
    assert found.action is Action.KEEP
    assert isinstance(found.have, Layer)
    problem = found.have.reported_problem()
    assert "another party published version 2 with the description of this stack" in problem
    assert "--version-number 2" in problem
    assert used(workshop, layer) == 1
    assert workshop.last.writes == []
    assert versions() == [1, 2]


def test_one_forged_beforehand_is_published_over(layer: Layer, workshop: Workshop) -> None:
    """A reader of a pull request can publish it first."""
    forge(layer)
    assert used(workshop, layer) == 2
    assert used(workshop, layer) == 2
    workshop.forget()
    assert used(workshop, layer) == 2
    assert workshop.last.writes == []


def test_of_two_that_are_whole_the_recorded_one_stays_else_the_oldest(
    layer: Layer, workshop: Workshop
) -> None:
    workshop.run(one_node(layer), "up")
    recorded = replace(layer, owner="tap-dev/it", version=2)
    new_aws().lambda_.publish_layer_version(
        LayerName=layer.name,
        Description=f"tap-dev/it sha256={layer.sha256}",
        Content={"ZipFile": Path(layer.zip).read_bytes()},
        CompatibleRuntimes=["python3.12", "python3.13"],
        CompatibleArchitectures=["arm64"],
    )
    seen = recorded.observe(new_aws()), replace(recorded, version=0).observe(new_aws())
    assert [step.version for step in seen if step] == [2, 1]
    assert [step.reported_problem() for step in seen if step] == ["", ""]


def test_forged_versions_push_none_of_ours_out(
    layer: Layer, workshop: Workshop, tmp_path: Path
) -> None:
    workshop.run(one_node(layer), "up")
    forge(layer, times=KEPT)
    assert used(workshop, a_layer(tmp_path, "two")) == KEPT + 2
    assert versions() == list(range(1, KEPT + 3))


def test_forged_versions_of_other_digests_push_none_of_ours_out(
    layer: Layer, workshop: Workshop, tmp_path: Path
) -> None:
    workshop.run(one_node(layer), "up")
    for number in range(KEPT):
        forge(replace(layer, sha256=f"{number:064x}"))
    assert used(workshop, a_layer(tmp_path, "two")) == KEPT + 2
    assert versions() == list(range(1, KEPT + 3))


def test_the_version_in_use_is_never_tidied(account: None, tmp_path: Path) -> None:
    """An older version may be wanted again."""
    aws = new_aws()
    made = [
        a_layer(tmp_path, str(number)).with_owner("tap-dev/it").create(aws)
        for number in range(2 * KEPT + 1)
    ]
    made[KEPT].prune(aws)
    assert versions() == list(range(KEPT + 1, 2 * KEPT + 2))


def test_unchanged_it_costs_two_reads(layer: Layer, workshop: Workshop) -> None:
    workshop.run(one_node(layer), "up")
    workshop.run(one_node(layer), "up")
    assert workshop.last.reads == ["ListLayerVersions", "GetLayerVersion"]
