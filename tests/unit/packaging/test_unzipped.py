"""AWS limits the unzipped size of a function together with all its layers (L23)."""

from __future__ import annotations

from pathlib import Path

import pytest

import provision.stack.packages
from provision import workspace
from provision.config import ConfigInvalid, load
from provision.packaging import unzipped
from provision.packaging.archive import Archive, zip_files
from provision.packaging.cache import open_cache
from provision.packaging.unzipped import folder_size, overweight, zip_size
from provision.stack.packages import PackageBuilder
from tests.unit.config.sample import SAMPLE, furnish, line_of


def test_the_last_byte_counts() -> None:
    assert overweight(44_000, {"a": 200_000_000, "b": 62_100_000}) is None
    said = overweight(44_001, {"a": 200_000_000, "b": 62_100_000})
    assert said is not None
    assert "1 bytes more than the 262,144,000" in said
    assert "layer a 190.7 MiB" in said
    assert overweight(262_144_000, {}) is None


def test_a_zip_and_its_folder_come_to_the_same(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "a.py").write_bytes(b"a" * 1000)
    (source / ".hidden").write_bytes(b"b" * 1000)
    made = tmp_path / "made.zip"
    made.write_bytes(zip_files({"a.py": source / "a.py"}, "source").content)
    assert folder_size(source) == zip_size(made) == 1000


def test_before_anything_is_called_the_layers_are_told_by_line_and_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = furnish(tmp_path)
    file.write_text(SAMPLE, "utf-8")
    large = tmp_path / "large"
    large.write_bytes(bytes(1000))

    def build(*_: object, **__: object) -> Archive:
        return zip_files({"python/large": large}, "layer")

    monkeypatch.setattr(provision.stack.packages, "build_layer", build)
    size = folder_size(tmp_path / "function") + 1000
    config = load(file, environment=None)
    cache = open_cache(tmp_path, print)
    sources = PackageBuilder(config, cache, for_this_machine=True)
    monkeypatch.setattr(unzipped, "UNZIPPED_LIMIT", size)
    assert workspace._with_layers(sources, config, file) is sources
    monkeypatch.setattr(unzipped, "UNZIPPED_LIMIT", size - 1)
    with pytest.raises(ConfigInvalid) as caught:
        workspace._with_layers(sources, config, file)
    (problem,) = caught.value.problems
    assert problem.key == "functions.items.layers"
    assert problem.line == line_of(SAMPLE, "    layers: [dependencies]")
    assert "layer dependencies" in problem.message
