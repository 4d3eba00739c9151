"""Zips have the same bytes for the same content, and a layer runs where it is built for."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

from provision.packaging import archive as zips
from provision.packaging import folder as folders
from provision.packaging.archive import Archive, zip_directory
from provision.packaging.cache import Cache
from provision.packaging.folder import PackagingFailed
from provision.packaging.layers import build_layer

ROOT = Path(__file__).parents[3]
AARCH64 = (183).to_bytes(2, "little")


def write(folder: Path, files: dict[str, bytes | str]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def names_in(content: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.namelist()


FILES: dict[str, bytes | str] = {
    "app.py": "def handler(event, context): ...\r\n",
    "a/__init__.py": "",
    "a/b.py": "x = 1\n",
    "data.bin": bytes(range(256)),
}


def test_identical_whatever_the_times_the_order_and_the_modes(tmp_path: Path):
    first = write(tmp_path / "first", FILES)
    old_mask = os.umask(0o077)
    try:
        second = write(tmp_path / "second", dict(reversed(FILES.items())))
    finally:
        os.umask(old_mask)
    os.utime(second / "app.py", (1, 1))
    (second / "a/b.py").chmod(0o700)
    assert zip_directory(first) == zip_directory(second)


def test_the_bytes_themselves_are_fixed(tmp_path: Path):
    """They are the same on every system and Python: this digest changes only with the format."""
    digest = zip_directory(write(tmp_path, FILES)).sha256
    assert digest == "e47b561714dada756624c7b16252f8c7d625e4666c1fb23bd40efc27ba9c562e"


def test_digests_are_of_the_zip_as_lambda_sees_it(tmp_path: Path):
    made = zip_directory(write(tmp_path, FILES))
    assert made.sha256 == hashlib.sha256(made.content).hexdigest()
    assert base64.b64decode(made.code_sha256).hex() == made.sha256


def test_content_is_kept_to_the_byte(tmp_path: Path):
    made = zip_directory(write(tmp_path, FILES))
    with zipfile.ZipFile(io.BytesIO(made.content)) as archive:
        assert archive.testzip() is None
        assert archive.read("app.py") == b"def handler(event, context): ...\r\n"
        assert archive.namelist() == sorted(FILES)
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize(
    "change", [{"app.py": "y"}, {"new.py": ""}, {"a/b.py": "x = 2\n"}, {"a/b.py": "x = 1\r\n"}]
)
def test_other_content_is_another_zip(tmp_path: Path, change: dict[str, bytes | str]):
    before = zip_directory(write(tmp_path, FILES))
    assert zip_directory(write(tmp_path, change)).code_sha256 != before.code_sha256


def test_what_the_machine_left_there_is_not_code(tmp_path: Path):
    before = zip_directory(write(tmp_path, FILES))
    left = {
        "__pycache__/app.pyc": "x",
        "a/__pycache__/b.cpython-311.pyc": "x",
        "old.pyc": "x",
        ".env": "SECRET=1",
        ".git/config": "x",
        "a/.DS_Store": "x",
    }
    assert zip_directory(write(tmp_path, dict(left))) == before


def test_a_decomposed_name_is_the_same_name(tmp_path: Path):
    composed = write(tmp_path / "composed", {"\u00e4.txt": "x"})
    decomposed = write(tmp_path / "decomposed", {"a\u0308.txt": "x"})
    assert zip_directory(composed) == zip_directory(decomposed)


@pytest.mark.parametrize("prepared", ["missing", "file", "empty"])
def test_nothing_to_zip_is_said(tmp_path: Path, prepared: str):
    source = tmp_path / "function"
    if prepared == "file":
        source.write_text("x")
    elif prepared == "empty":
        write(source, {".hidden": "x"})
    with pytest.raises(PackagingFailed, match="function") as caught:
        zip_directory(source)
    assert caught.value.hint


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_linked_folder_is_refused_not_left_out(tmp_path: Path):
    source = write(tmp_path / "function", FILES)
    (source / "shared").symlink_to(write(tmp_path / "shared", FILES))
    with pytest.raises(PackagingFailed, match="shared is a symbolic link out of"):
        zip_directory(source)


def test_what_fits_only_deflated_is_deflated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(zips, "ZIPPED_LIMIT", 5_000)
    made = zip_directory(write(tmp_path, {"zeros": bytes(50_000)}))
    assert len(made.content) < 5_000
    with zipfile.ZipFile(io.BytesIO(made.content)) as archive:
        assert archive.read("zeros") == bytes(50_000)


@pytest.mark.parametrize(
    ("module", "limit", "what"),
    [(zips, "ZIPPED_LIMIT", " zipped"), (folders, "UNZIPPED_LIMIT", "unz")],
)
def test_too_large_names_the_ten_largest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: ModuleType, limit: str, what: str
):
    monkeypatch.setattr(module, limit, 100_000)
    files = {f"package{number:02}/data": os.urandom(number * 1000) for number in range(1, 21)}
    with pytest.raises(PackagingFailed) as caught:
        zip_directory(write(tmp_path, dict(files)))
    message = caught.value.message
    assert what in message
    assert "package20" in message
    assert message.index("package20") < message.index("package11")
    assert "package10" not in message


# --- layers


@pytest.fixture(scope="session")
def layer_cache(tmp_path_factory: pytest.TempPathFactory) -> Cache:
    return Cache(tmp_path_factory.mktemp("layers"))


@pytest.fixture(scope="session")
def arm64_layer(layer_cache: Cache) -> Archive:
    return build_layer(
        ROOT / "layer", runtime="python3.13", architecture="arm64", cache=layer_cache
    )


@pytest.fixture(scope="session")
def local_layer(layer_cache: Cache) -> Archive:
    return build_layer(ROOT / "layer", runtime="local", architecture="arm64", cache=layer_cache)


def test_the_layer_is_for_the_target_not_for_this_machine(arm64_layer: Archive):
    with zipfile.ZipFile(io.BytesIO(arm64_layer.content)) as archive:
        compiled = [name for name in archive.namelist() if name.endswith(".so")]
        machines = {archive.read(name)[18:20] for name in compiled}
    assert any("cpython-313-aarch64" in name for name in compiled)
    assert machines == {AARCH64}


def test_the_layer_lies_below_python_without_traces_of_its_installer(arm64_layer: Archive):
    names = names_in(arm64_layer.content)
    assert {name.split("/")[0] for name in names} == {"python"}
    # Files that packages read by importlib.metadata are kept.
    assert any(re.search(r"/pydantic-[0-9.]+\.dist-info/METADATA$", name) for name in names)
    for trace in ("INSTALLER", "REQUESTED", "uv_cache.json", ".lock"):
        assert not [name for name in names if name.endswith(trace)]
    here = str(Path(sys.prefix)).encode()
    with zipfile.ZipFile(io.BytesIO(arm64_layer.content)) as archive:
        assert not [name for name in names if here in archive.read(name)]


def test_the_layer_leaves_out_what_the_runtime_has(arm64_layer: Archive):
    packages = {name.split("/")[1] for name in names_in(arm64_layer.content)}
    assert {"aws_lambda_powertools", "aws_xray_sdk", "pydantic", "pydantic_core"} <= packages
    assert not {"boto3", "botocore", "s3transfer", "urllib3"} & packages


def test_a_second_build_elsewhere_is_the_same_bytes(arm64_layer: Archive, tmp_path: Path):
    again = build_layer(
        ROOT / "layer", runtime="python3.13", architecture="arm64", cache=Cache(tmp_path / "new")
    )
    assert again.sha256 == arm64_layer.sha256


def test_what_is_cached_is_not_built_again(
    arm64_layer: Archive, layer_cache: Cache, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("started a process")

    monkeypatch.setattr(subprocess, "run", refuse)
    monkeypatch.setattr(subprocess, "Popen", refuse)
    source = ROOT / "layer"
    cached = build_layer(source, runtime="python3.13", architecture="arm64", cache=layer_cache)
    assert cached == arm64_layer
    with pytest.raises(AssertionError, match="started a process"):
        build_layer(source, runtime="python3.13", architecture="x86_64", cache=layer_cache)


def test_the_local_layer_is_complete_beside_boto3(local_layer: Archive, tmp_path: Path):
    with zipfile.ZipFile(io.BytesIO(local_layer.content)) as archive:
        archive.extractall(tmp_path)
    script = (
        "import aws_lambda_powertools, aws_xray_sdk.core, pydantic, app;"
        "print(aws_lambda_powertools.__file__, pydantic.__file__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT / "function"), str(tmp_path / "python")]),
            "TABLE_ITEMS": "items",
            "AWS_DEFAULT_REGION": "eu-west-1",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(str(tmp_path)) == 2


def test_a_layer_without_requirements_is_said(tmp_path: Path):
    with pytest.raises(PackagingFailed, match=r"requirements\.txt cannot be read") as caught:
        build_layer(tmp_path, runtime="local", architecture="arm64", cache=Cache(tmp_path))
    assert "uv pip compile" in caught.value.hint
