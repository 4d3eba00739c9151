"""A layer holds all files of its wheels, built for its platform and alike on every machine."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import subprocess
import sys
import zipfile
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest
import uv

from provision.packaging import installed_files, installer_process, layers
from provision.packaging.archive import Archive
from provision.packaging.cache import Cache
from provision.packaging.folder import PackagingFailed
from provision.packaging.installer import WheelInstallFailed
from provision.packaging.layers import build_layer
from provision.packaging.target import Target, WrongTarget
from tests.unit.packaging.test_archive import names_in, write
from tests.unit.packaging.wheels import Wheel, make_wheel

ELF = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00"
AARCH64 = (183).to_bytes(2, "little")
X86_64 = (62).to_bytes(2, "little")
PIN = f"any==1 --hash=sha256:{'0' * 64}\n"


def built(tmp_path: Path, *wheels: Wheel, runtime: str = "local") -> Archive:
    source = write(tmp_path / "layer", {"requirements.txt": "".join(each.pin for each in wheels)})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UV_NO_INDEX", "1")
        patch.setenv("UV_FIND_LINKS", str(tmp_path / "wheels"))
        patch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
        cache = Cache(tmp_path / "cache")
        return build_layer(source, runtime=runtime, architecture="arm64", cache=cache)


def contents(bundle: Archive) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(bundle.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


HIDDEN: dict[str, bytes | str] = {
    "fast/__init__.py": "",
    "fast/.libs/libz.so.1": b"not loaded here",
    "fast/.dylibs/note": "x",
    "fast/.data": "x",
    ".top": "x",
    "fast/only.pyc": b"compiled",
    "fast/__pycache__/also.cpython-311.pyc": b"compiled",
    "fast.libs/note": "x",
    "__pycache__/top.pyc": b"compiled",
}


def test_nothing_of_a_wheel_is_left_out(tmp_path: Path) -> None:
    shipped = HIDDEN | {
        "fast-1.0.data/scripts/tool": b"\x7fELF a program",
        "fast-1.0.data/data/share/more": "x",
        "fast-1.0.data/purelib/beside.py": "",
    }
    del shipped["fast/.libs/libz.so.1"]  # libraries are looked into: see below
    found = contents(built(tmp_path, make_wheel(tmp_path / "wheels", "fast", shipped)))
    installed_as = {
        *(name for name in shipped if ".data/" not in name),
        *("bin/tool", "share/more", "beside.py"),
        *(f"fast-1.0.dist-info/{name}" for name in ("METADATA", "WHEEL", "RECORD")),
    }
    assert set(found) == {f"python/{name}" for name in installed_as}
    assert found["python/bin/tool"] == b"\x7fELF a program"


def test_the_installed_packages_know_their_files(tmp_path: Path) -> None:
    """importlib.metadata reads RECORD: each of its lines is correct, and none is missing."""
    wheel = make_wheel(
        tmp_path / "wheels",
        "fast",
        {"fast.py": "def main(): ...\n", "fast-1.0.data/scripts/old": "#!python\nprint(1)\n"},
        points="[console_scripts]\nfast = fast:main\n",
    )
    found = contents(built(tmp_path, wheel))
    rows = list(csv.reader(found["python/fast-1.0.dist-info/RECORD"].decode().splitlines()))
    assert {f"python/{name}" for name, *_ in rows} == set(found)
    for name, digest, size in rows:
        content = found[f"python/{name}"]
        told = urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
        assert digest in {"", f"sha256={told}"}
        assert size in {"", str(len(content))}


def test_programs_name_no_python_of_this_machine(tmp_path: Path) -> None:
    wheel = make_wheel(
        tmp_path / "wheels",
        "fast",
        {
            "fast.py": "class App:\n    def run(): print('ran', __name__)\n",
            "fast-1.0.data/scripts/old": "#!python\nimport fast; print('old')\n",
            "fast-1.0.data/scripts/shell": "#!/bin/sh\necho shell\n",
        },
        points="[console_scripts]\nfast-run = fast:App.run\n",
    )
    found = contents(built(tmp_path, wheel))
    for content in found.values():
        assert sys.executable.encode() not in content
    for name, printed in {"fast-run": "ran fast", "old": "old", "shell": "shell"}.items():
        program = tmp_path / "unpacked" / name
        program.parent.mkdir(exist_ok=True)
        program.write_bytes(found[f"python/bin/{name}"])
        (program.parent / "fast.py").write_bytes(found["python/fast.py"])
        program.chmod(0o755)
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environment = {"PATH": path, "PYTHONPATH": str(program.parent)}
        done = subprocess.run(
            [program], env=environment, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == printed


def test_what_an_installer_on_windows_writes_is_the_same_in_the_zip(tmp_path: Path) -> None:
    """An installer on Windows writes launchers with Python's path in them, and backslashes."""
    here, there = tmp_path / "here", tmp_path / "there"
    for folder, program in ((here, "bin/tool"), (there, "bin/tool.exe")):
        info = "fast-1.0.dist-info"
        separator = "/" if folder is here else "\\"
        record = "fast.py,sha256=x,1\nbin/tool,sha256=y,2\n" + f"{info}/RECORD,,\n"
        write(
            folder,
            {
                "fast.py": "x",
                program: f"#!{sys.executable} of {folder}\n",
                f"{info}/entry_points.txt": "[console_scripts]\ntool = fast:main\n",
                f"{info}/RECORD": record.replace("/", separator),
                f"{info}/uv_cache.json": str(folder),
            },
        )
        installed_files.make_portable(folder)
    assert [path.relative_to(here).as_posix() for path in sorted(here.rglob("*"))] == [
        path.relative_to(there).as_posix() for path in sorted(there.rglob("*"))
    ]
    for path in here.rglob("*"):
        assert path.is_dir() or path.read_bytes() == (there / path.relative_to(here)).read_bytes()


OUT = "../../../../escaped"
HOSTILE_WHEELS = {
    "a program outside": ("[console_scripts]\n../../../../escaped = evil:main\n", None),
    "a program by a whole path": ("[console_scripts]\n{tmp}/escaped = evil:main\n", None),
    "a script outside": ("", f"evil-1.0.data/scripts/{OUT}"),
    "a file outside": ("", OUT),
    "data outside": ("", f"evil-1.0.data/data/{OUT}"),
    "a listed file outside": ("", "evil-1.0.dist-info/RECORD"),
}
"""The text of entry_points.txt, and one more file of the wheel."""


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("case", HOSTILE_WHEELS)
def test_a_wheel_writes_nowhere_but_into_the_layer(
    tmp_path: Path, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wheel can be published by any user, and a pull request may pin it."""
    scratch = tmp_path / "a" / "b" / "c"
    scratch.mkdir(parents=True)
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    points, more = HOSTILE_WHEELS[case]
    files = {"evil.py": ""} | ({more: f"{OUT},,\n"} if more else {})
    points = points.replace("{tmp}", str(tmp_path))
    wheel = make_wheel(tmp_path / "wheels", "evil", files, points=points)
    try:
        found = set(contents(built(tmp_path, wheel)))
    except (WheelInstallFailed, PackagingFailed):
        found = set()
    assert not [name for name in found if "escaped" in name or ".." in name]
    assert not [path for path in tmp_path.rglob("*") if "escaped" in path.name]
    assert list(scratch.iterdir()) == []


OTHER = "evil-1.0.data/data/other-1.0.dist-info"
"""A folder next to the wheel's own `.dist-info`, the only one whose lists uv corrects."""


def test_no_list_tells_of_a_file_of_this_machine(tmp_path: Path) -> None:
    """Digest and size are computed again only for programs below the layer."""
    secret = write(tmp_path / "home", {"credentials": "precious\n"}) / "credentials"
    out = f"bin/{'../' * 30}{secret.relative_to('/')}"
    evil = {f"{OTHER}/RECORD": f"{out},,\n{secret},,\nbin/../bin/tool,,\nbin/tool,,\n"}
    program: dict[str, str | bytes] = {"evil-1.0.data/scripts/tool": "#!python\n"}
    wheel = make_wheel(tmp_path / "wheels", "evil", {**evil, **program})
    record = contents(built(tmp_path, wheel))["python/other-1.0.dist-info/RECORD"].decode()
    assert [line.partition(",")[0] for line in record.splitlines()] == ["bin/tool"]


def test_a_program_that_is_listed_often_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []
    read = installed_files._digest_and_size

    def counted(path: Path) -> tuple[str, str]:
        asked.append(path)
        return read(path)

    monkeypatch.setattr(installed_files, "_digest_and_size", counted)
    files = {f"{OTHER}/RECORD": "bin/tool,,\n" * 5000, "evil-1.0.data/scripts/tool": "#!python\n"}
    built(tmp_path, make_wheel(tmp_path / "wheels", "evil", files))
    assert len(asked) == 2, "once for each of two lists"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("RECORD", b"\xff,,\n", "is no list of files"),
        ("RECORD", b"x" * 200_000 + b",,\n", "is no list of files"),
        ("RECORD", b"x,,\n" * 9_000_000, "has more than 32 MiB"),
        ("entry_points.txt", b"\xff", "cannot be read"),
        ("entry_points.txt", b"[console_scripts]\nnothing\n", "cannot be read"),
        ("entry_points.txt", b"[x]\n" + b"a=b\n" * 9_000_000, "has more than 32 MiB"),
    ],
)
def test_what_a_wheel_tells_about_itself_is_read_within_bounds(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    wheel = make_wheel(tmp_path / "wheels", "evil", {f"{OTHER}/{name}": content})
    with pytest.raises(PackagingFailed) as caught:
        built(tmp_path, wheel)
    assert caught.value.message == f"layer: other-1.0.dist-info/{name} {said}"
    assert "pin another version" in caught.value.hint


def test_names_that_no_file_can_have_are_names_of_none(tmp_path: Path) -> None:
    names = f"{'x' * 5000},,\n\0,,\n,,\nevil.py,,\n"
    points = f"[console_scripts]\n{'x' * 5000} = evil:main\n\0 = evil:main\n.. = evil:main\n"
    files = {"evil.py": "", f"{OTHER}/RECORD": names, f"{OTHER}/entry_points.txt": points}
    found = contents(built(tmp_path, make_wheel(tmp_path / "wheels", "evil", files)))
    assert found["python/other-1.0.dist-info/RECORD"] == b"evil.py,,\n"


def test_files_and_folders_that_are_named_as_the_other_are_taken(tmp_path: Path) -> None:
    files = {"x-1.0.dist-info": "", "evil-1.0.dist-info/direct_url.json/more": ""}
    found = contents(built(tmp_path, make_wheel(tmp_path / "wheels", "evil", files)))
    assert {f"python/{name}" for name in files} <= set(found)


def planting(monkeypatch: pytest.MonkeyPatch, files: dict[str, bytes | str]) -> None:
    """Install these files instead of packages."""

    def install(_pins: object, _source: Path, _target: Target, folder: Path, _more: object) -> None:
        write(folder / "packages", files)

    monkeypatch.setattr(layers, "install", install)


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (ELF + X86_64, "x86_64"),
        (ELF + (40).to_bytes(2, "little"), "another machine"),
        (b"\xcf\xfa\xed\xfe" + bytes(30), "something else than Linux"),
        (b"", "something else than Linux"),
    ],
)
@pytest.mark.parametrize(
    "name", ["package/fast.so", "package.libs/libz.so.1.3", "package/.libs/libz.so"]
)
def test_a_library_for_another_machine_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, head: bytes, found: str, name: str
) -> None:
    planting(monkeypatch, {name: head + bytes(50) if head else b"", "right.so": ELF + AARCH64})
    source = write(tmp_path / "layer", {"requirements.txt": PIN})
    cache = Cache(tmp_path / "cache")
    with pytest.raises(WrongTarget) as caught:
        build_layer(source, runtime="python3.13", architecture="arm64", cache=cache)
    assert f"python/{name}" in caught.value.message
    assert found in caught.value.message
    assert "python3.13 on arm64" in caught.value.message
    assert caught.value.hint
    assert not cache.directory.exists()


def test_libraries_for_the_target_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planting(monkeypatch, {"fast.so": ELF + AARCH64, "bin/tool": "#!/here/python"})
    source = write(tmp_path / "layer", {"requirements.txt": PIN})
    cache = Cache(tmp_path / "cache")
    made = build_layer(source, runtime="python3.13", architecture="arm64", cache=cache)
    assert names_in(made.content) == ["python/bin/tool", "python/fast.so"]


GLIBC = {"python3.11": 17, "python3.12": 34, "python3.13": 34, "python3.14": 34}
"""The newest glibc (2.N) of the wheels that each runtime's system can load.

Amazon Linux 2 has 2.26, for which uv has no step above 2.17.
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
"""


@pytest.mark.parametrize(
    ("runtime", "architecture"),
    [*((runtime, "arm64") for runtime in GLIBC), ("python3.13", "x86_64")],
)
@pytest.mark.parametrize("glibc", [17, 28, 34, 35])
def test_the_wheels_that_a_runtime_can_load_are_taken_and_no_others(
    tmp_path: Path, runtime: str, architecture: str, glibc: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = {"arm64": "aarch64", "x86_64": "x86_64"}[architecture]
    wheel = make_wheel(
        tmp_path / "wheels", "fast", {"fast.py": ""}, tag=f"py3-none-manylinux_2_{glibc}_{machine}"
    )
    source = write(tmp_path / "layer", {"requirements.txt": wheel.pin})
    for name, value in {"NO_INDEX": "1", "FIND_LINKS": "wheels", "CACHE_DIR": "uv"}.items():
        monkeypatch.setenv(f"UV_{name}", value)
    monkeypatch.chdir(tmp_path)  # where paths of the environment begin
    cache = Cache(tmp_path / "cache")
    if glibc <= GLIBC[runtime]:
        build_layer(source, runtime=runtime, architecture=architecture, cache=cache)
        return
    with pytest.raises(
        WheelInstallFailed, match=r"no wheels with a matching|no usable wheels"
    ) as caught:
        build_layer(source, runtime=runtime, architecture=architecture, cache=cache)
    assert runtime in caught.value.hint


@pytest.mark.parametrize(
    ("runtime", "architecture"), [("nodejs22.x", "arm64"), ("python3.13", "x")]
)
def test_an_unknown_target_is_refused(tmp_path: Path, runtime: str, architecture: str) -> None:
    source = write(tmp_path, {"requirements.txt": PIN})
    with pytest.raises(WrongTarget, match=runtime):
        build_layer(source, runtime=runtime, architecture=architecture, cache=Cache(tmp_path))


def test_without_uv_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uv, "find_uv_bin", lambda: str(tmp_path / "gone"))
    source = write(tmp_path, {"requirements.txt": PIN})
    with pytest.raises(WheelInstallFailed, match="uv cannot be started"):
        build_layer(source, runtime="local", architecture="arm64", cache=Cache(tmp_path))


def test_what_is_no_list_of_pins_is_not_given_to_the_installer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planting(monkeypatch, {"any.py": ""})
    source = write(tmp_path / "layer", {"requirements.txt": f"{PIN}-r /proc/self/environ\n"})
    with pytest.raises(PackagingFailed, match=r"requirements\.txt:2: -r: no other file is read"):
        build_layer(source, runtime="local", architecture="arm64", cache=Cache(tmp_path))


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit there")
def test_a_wheel_that_unpacks_to_a_huge_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wheel of a few KB may contain any number of zeros."""
    monkeypatch.setattr(installer_process, "MOST_BYTES", 1_000_000)
    wheel = make_wheel(tmp_path / "wheels", "bomb", {"bomb.bin": bytes(3_000_000)})
    with pytest.raises(WheelInstallFailed) as refused:
        built(tmp_path, wheel)
    assert "pin another version" in refused.value.hint
    assert max(path.stat().st_size for path in (tmp_path / "uv").rglob("*")) <= 1_000_000
