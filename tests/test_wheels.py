"""A layer's packages are for the machine Lambda runs, or the user is told what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
import uv

from provision import bundle, wheels
from provision.bundle import build_layer
from provision.wheels import WheelsFailed
from tests.test_bundle import names_in, write

ELF = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00"
AARCH64 = (183).to_bytes(2, "little")
X86_64 = (62).to_bytes(2, "little")


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
    assert message in str(caught.value)
    assert "python3.14 on arm64" in str(caught.value)
    assert hint in caught.value.hint


def test_without_uv_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(uv, "find_uv_bin", lambda: str(tmp_path / "gone"))
    source = write(tmp_path, {"requirements.txt": ""})
    with pytest.raises(WheelsFailed, match="uv cannot be started"):
        build_layer(source, runtime="local", architecture="arm64", cache=tmp_path)
