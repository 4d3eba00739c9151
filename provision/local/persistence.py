"""What an emulator keeps in its directory, and the environment that makes it keep it there."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Final

FOLDERS: Final = ("state", "s3", "tmp", "home")
_DATA: Final = re.compile(r"data-[0-9a-f]{32}")
_PASSED_ON: Final = ("PATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT", "PYTHONDONTWRITEBYTECODE")


def make_folders(data: Path) -> None:
    """All that MiniStack writes to. Unpacked code, which it leaves behind, is taken away."""
    data.mkdir(mode=0o700, exist_ok=True)
    for name in FOLDERS:
        (data / name).mkdir(mode=0o700, exist_ok=True)
    shutil.rmtree(data / "tmp", ignore_errors=True)
    (data / "tmp").mkdir(mode=0o700)


def delete_data(root: Path) -> None:
    """The data of all who had any here, and what lies where it was before it had a secret name."""
    found = [each for each in root.iterdir() if _DATA.fullmatch(each.name)]
    for each in (*found, *(root / name for name in FOLDERS)):
        shutil.rmtree(each, ignore_errors=True)


def environment(data: Path, port: int) -> dict[str, str]:
    """Functions inherit it: nothing of the user's, and all that is written goes below `data`."""
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return passed_on | {
        "GATEWAY_PORT": str(port),
        "PERSIST_STATE": "1",
        "STATE_DIR": str(data / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(data / "s3"),
        "TMPDIR": str(data / "tmp"),
        "TEMP": str(data / "tmp"),
        "TMP": str(data / "tmp"),
        "HOME": str(data / "home"),
        "USERPROFILE": str(data / "home"),
        "PYTHONNOUSERSITE": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "DOCKER_HOST": f"unix://{data / 'no-docker'}",  # never touch the user's containers
        "IOT_MTLS_ENABLED": "0",  # else it listens on every address, port 8883
        "SFTP_ENABLED": "0",
        "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "0.2",  # AWS: a minute
    }
