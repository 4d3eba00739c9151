"""Zips are the same bytes for the same content, and a layer runs where it is built for."""

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

import pytest
import uv

from provision import bundle, wheels
from provision.bundle import (
    BundleFailed,
    build_layer,
    handler_file,
    handler_problem,
    zip_directory,
)
from provision.wheels import WheelsFailed

ROOT = Path(__file__).parents[1]
ELF = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00"
AARCH64 = (183).to_bytes(2, "little")
X86_64 = (62).to_bytes(2, "little")


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
    """The same on every system and Python: this digest changes only with the format."""
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
    with pytest.raises(BundleFailed, match="function") as caught:
        zip_directory(source)
    assert caught.value.hint


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_linked_folder_is_refused_not_left_out(tmp_path: Path):
    source = write(tmp_path / "function", FILES)
    (source / "shared").symlink_to(write(tmp_path / "shared", FILES))
    with pytest.raises(BundleFailed, match="shared is a symbolic link"):
        zip_directory(source)


def test_what_fits_only_deflated_is_deflated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bundle, "ZIPPED_LIMIT", 5_000)
    made = zip_directory(write(tmp_path, {"zeros": bytes(50_000)}))
    assert len(made.content) < 5_000
    with zipfile.ZipFile(io.BytesIO(made.content)) as archive:
        assert archive.read("zeros") == bytes(50_000)


@pytest.mark.parametrize(
    ("limit", "what"), [("ZIPPED_LIMIT", " zipped"), ("UNZIPPED_LIMIT", "unz")]
)
def test_too_large_names_the_ten_largest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, what: str
):
    monkeypatch.setattr(bundle, limit, 100_000)
    files = {f"package{number:02}/data": os.urandom(number * 1000) for number in range(1, 21)}
    with pytest.raises(BundleFailed) as caught:
        zip_directory(write(tmp_path, dict(files)))
    message = caught.value.message
    assert what in message
    assert "package20" in message
    assert message.index("package20") < message.index("package11")
    assert "package10" not in message


# --- layers


@pytest.fixture(scope="session")
def layer_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("layers")


@pytest.fixture(scope="session")
def arm64_layer(layer_cache: Path) -> bundle.Bundle:
    return build_layer(
        ROOT / "layer", runtime="python3.13", architecture="arm64", cache=layer_cache
    )


@pytest.fixture(scope="session")
def local_layer(layer_cache: Path) -> bundle.Bundle:
    return build_layer(ROOT / "layer", runtime="local", architecture="arm64", cache=layer_cache)


def test_the_layer_is_for_the_target_not_for_this_machine(arm64_layer: bundle.Bundle):
    with zipfile.ZipFile(io.BytesIO(arm64_layer.content)) as archive:
        compiled = [name for name in archive.namelist() if name.endswith(".so")]
        machines = {archive.read(name)[18:20] for name in compiled}
    assert any("cpython-313-aarch64" in name for name in compiled)
    assert machines == {AARCH64}


def test_the_layer_lies_below_python_without_traces_of_its_installer(arm64_layer: bundle.Bundle):
    names = names_in(arm64_layer.content)
    assert {name.split("/")[0] for name in names} == {"python"}
    # What packages ask importlib.metadata for stays.
    assert any(re.search(r"/pydantic-[0-9.]+\.dist-info/METADATA$", name) for name in names)
    for trace in ("RECORD", "INSTALLER", "REQUESTED", ".pyc", ".lock"):
        assert not [name for name in names if name.endswith(trace)]
    assert not [name for name in names if name.startswith("python/bin/")]


def test_the_layer_leaves_out_what_the_runtime_has(arm64_layer: bundle.Bundle):
    packages = {name.split("/")[1] for name in names_in(arm64_layer.content)}
    assert {"aws_lambda_powertools", "aws_xray_sdk", "pydantic", "pydantic_core"} <= packages
    assert not {"boto3", "botocore", "s3transfer", "urllib3"} & packages


def test_a_second_build_elsewhere_is_the_same_bytes(arm64_layer: bundle.Bundle, tmp_path: Path):
    again = build_layer(
        ROOT / "layer", runtime="python3.13", architecture="arm64", cache=tmp_path / "new"
    )
    assert again.sha256 == arm64_layer.sha256


def test_what_is_cached_is_not_built_again(
    arm64_layer: bundle.Bundle, layer_cache: Path, monkeypatch: pytest.MonkeyPatch
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


def test_a_damaged_cache_is_built_anew(local_layer: bundle.Bundle, tmp_path: Path):
    def build() -> bundle.Bundle:
        return build_layer(ROOT / "layer", runtime="local", architecture="arm64", cache=tmp_path)

    build()
    (kept,) = tmp_path.glob("*.zip")
    kept.write_bytes(kept.read_bytes()[:1000])
    assert build() == local_layer
    assert not list(tmp_path.glob("*.part"))


def test_the_local_layer_is_complete_beside_boto3(local_layer: bundle.Bundle, tmp_path: Path):
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


def planting(monkeypatch: pytest.MonkeyPatch, files: dict[str, bytes | str]) -> None:
    """Install these files instead of packages."""

    def install(source: Path, target: wheels.Target, folder: Path) -> None:
        write(folder, files)

    monkeypatch.setattr(bundle, "install", install)


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (ELF + X86_64, "x86_64"),
        (ELF + (40).to_bytes(2, "little"), "another machine"),
        (b"\xcf\xfa\xed\xfe" + bytes(30), "something else than Linux"),
        (b"", "something else than Linux"),
    ],
)
@pytest.mark.parametrize("name", ["package/fast.so", "package.libs/libz.so.1.3"])
def test_a_library_for_another_machine_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, head: bytes, found: str, name: str
):
    planting(monkeypatch, {name: head + bytes(50) if head else b"", "right.so": ELF + AARCH64})
    source = write(tmp_path / "layer", {"requirements.txt": "any==1"})
    cache = tmp_path / "cache"
    with pytest.raises(WheelsFailed) as caught:
        build_layer(source, runtime="python3.13", architecture="arm64", cache=cache)
    assert f"python/{name}" in caught.value.message
    assert found in caught.value.message
    assert "python3.13 on arm64" in caught.value.message
    assert caught.value.hint
    assert not list(cache.glob("*"))


def test_libraries_for_the_target_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    planting(monkeypatch, {"fast.so": ELF + AARCH64, "bin/tool": "#!/here/python"})
    source = write(tmp_path / "layer", {"requirements.txt": "any==1"})
    made = build_layer(source, runtime="python3.13", architecture="arm64", cache=tmp_path)
    assert names_in(made.content) == ["python/fast.so"]


@pytest.mark.parametrize(
    ("runtime", "architecture", "platform"),
    [
        ("python3.13", "arm64", "aarch64-manylinux_2_28"),
        ("python3.12", "x86_64", "x86_64-manylinux_2_28"),
        ("python3.11", "arm64", "aarch64-manylinux2014"),
    ],
)
def test_the_platform_asked_of_uv(runtime: str, architecture: str, platform: str):
    options = wheels.Target.of(runtime, architecture).options
    assert options[options.index("--python-platform") + 1] == platform
    assert options[options.index("--python-version") + 1] == runtime.removeprefix("python")


@pytest.mark.parametrize(
    ("runtime", "architecture"), [("nodejs22.x", "arm64"), ("python3.13", "x")]
)
def test_an_unknown_target_is_refused(tmp_path: Path, runtime: str, architecture: str):
    source = write(tmp_path, {"requirements.txt": ""})
    with pytest.raises(WheelsFailed, match=runtime):
        build_layer(source, runtime=runtime, architecture=architecture, cache=tmp_path)


ZEROS = "0" * 64


@pytest.mark.parametrize(
    ("requirements", "environment", "message", "hint"),
    [
        # numpy 1.26 was published before Python 3.14 and is not built for it.
        (f"numpy==1.26.4 --hash=sha256:{ZEROS}", {}, "numpy==1.26.4", "has a wheel for python3.14"),
        ("six==1.17.0", {}, "must have a hash", "--generate-hashes"),
        (f"six==1.17.0 --hash=sha256:{ZEROS}", {}, "Hash mismatch", "--generate-hashes"),
        (
            f"six==1.17.0 --hash=sha256:{ZEROS}",
            {"UV_OFFLINE": "1", "UV_CACHE_DIR": "TMP"},
            "six",
            "Check the network",
        ),
        (
            f"six==1.17.0 --hash=sha256:{ZEROS}",
            {"UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple", "UV_HTTP_RETRIES": "0"}
            | {"UV_CACHE_DIR": "TMP"},
            "127.0.0.1:9",
            "Check the network",
        ),
        ("this is no requirement", {}, "requirements.txt", "requirements.txt"),
    ],
)
def test_what_uv_cannot_do_is_said_with_a_remedy(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    requirements: str,
    environment: dict[str, str],
    message: str,
    hint: str,
):
    for name, value in environment.items():
        monkeypatch.setenv(name, str(tmp_path / "uv") if value == "TMP" else value)
    source = write(tmp_path / "layer", {"requirements.txt": requirements})
    with pytest.raises(WheelsFailed) as caught:
        build_layer(source, runtime="python3.14", architecture="arm64", cache=tmp_path / "cache")
    assert message in caught.value.message
    assert "python3.14 on arm64" in caught.value.message
    assert hint in caught.value.hint


def test_a_layer_without_requirements_is_said(tmp_path: Path):
    with pytest.raises(BundleFailed, match=r"requirements\.txt cannot be read") as caught:
        build_layer(tmp_path, runtime="local", architecture="arm64", cache=tmp_path)
    assert "uv pip compile" in caught.value.hint


def test_without_uv_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(uv, "find_uv_bin", lambda: str(tmp_path / "gone"))
    source = write(tmp_path, {"requirements.txt": ""})
    with pytest.raises(WheelsFailed, match="uv cannot be started"):
        build_layer(source, runtime="local", architecture="arm64", cache=tmp_path)


# --- handlers


HANDLERS: dict[str, bytes | str] = {
    "app.py": "import os\nTIMEOUT: int = 3\ndef handler(event, context): ...\n",
    "wrapped.py": "def f(): ...\nhandler = print(f)\n",
    "imported.py": "from app import handler\nfrom app import handler as main\n",
    "branch.py": "try:\n    import x\nexcept ImportError:\n    def handler(): ...\n",
    "broken.py": "def handler(:\n",
    "method.py": "class App:\n    def handler(self): ...\nother = App().handler\n",
    "package/__init__.py": "def handler(): ...\n",
    "package/inner.py": "async def handler(): ...\n",
}


@pytest.mark.parametrize(
    ("handler", "file"),
    [
        ("app.handler", "app.py"),
        ("package.handler", "package/__init__.py"),
        ("package.inner.handler", "package/inner.py"),
        ("package/inner.handler", "package/inner.py"),
        ("nothing.handler", None),
        ("app", None),
        (".handler", None),
        ("..app.handler", None),
    ],
)
def test_the_file_of_a_handler(tmp_path: Path, handler: str, file: str | None):
    write(tmp_path, HANDLERS)
    assert handler_file(tmp_path, handler) == (None if file is None else tmp_path / file)


@pytest.mark.parametrize(
    "handler",
    [
        "app.handler",
        "wrapped.handler",
        "imported.handler",
        "imported.main",
        "branch.handler",
        "package.handler",
        "package.inner.handler",
    ],
)
def test_a_handler_that_is_there(tmp_path: Path, handler: str):
    assert handler_problem(write(tmp_path, HANDLERS), handler) is None


@pytest.mark.parametrize(
    ("handler", "problem"),
    [
        ("app.main", "app.py defines no main"),
        ("method.handler", "method.py defines no handler"),
        ("nothing.handler", "there is no "),
        ("broken.handler", "broken.py, line 1 is not valid Python"),
        ("app", "there is no "),
    ],
)
def test_a_handler_that_is_not(tmp_path: Path, handler: str, problem: str):
    found = handler_problem(write(tmp_path, HANDLERS), handler)
    assert found is not None
    assert problem in found
    assert handler in found


def test_the_shipped_function_has_its_handler():
    assert handler_problem(ROOT / "function", "app.handler") is None
