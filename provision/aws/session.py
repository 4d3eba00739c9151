"""Sets up the SDK: where it finds credentials, and how it reads its models of AWS.

Reading the models is most of the work of creating a client.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

import botocore.session
import msgspec
from botocore.config import Config
from botocore.loaders import JSONFileLoader, Loader

from provision import __version__
from provision.aws.access import Access
from provision.aws.credential_guard import guard_credentials
from provision.aws.one_time_code import ask_people_only

INVOCATIONS: Final = "lambda/invocations"
"""The name of a second client of Lambda, which waits as long as a function may run."""
_LONGEST_ANSWER: Final = 910
"""Seconds to wait for a function, which may run for 900 (L36)."""
_READERS: Final[dict[str, Callable[[bytes], bytes]]] = {
    ".json": lambda content: content,
    ".json.gz": gzip.decompress,
}


class FastModelFiles(JSONFileLoader):
    """A reader of botocore's model files with a faster parser.

    It returns plain dictionaries, which take half the memory of botocore's ordered ones and keep
    the order too.
    """

    def load_file(self, file_path: str) -> Any:
        """Return the content, None if there is no such file. `file_path` is without its ending."""
        for ending, read in _READERS.items():
            file = Path(file_path + ending)
            if file.is_file():
                return msgspec.json.decode(read(file.read_bytes()))
        return None


class ModelLoader(Loader):
    """A loader that takes every folder of models for a service.

    botocore lists all services four times before it opens the files of one, and tests for
    thousands of files on the disk.
    """

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002
        """Return the names of all folders. A missing file is reported when it is opened."""
        there = (Path(path) for path in self.search_paths if Path(path).is_dir())
        return sorted({folder.name for path in there for folder in path.iterdir()})


@cache
def model_loader(data_path: str | None) -> ModelLoader:
    """Return the loader. `data_path` lists further folders with models, as in AWS_DATA_PATH."""
    paths = (data_path or "").split(os.pathsep)
    # Without a home directory, pathlib raises an error; `os.path` leaves the path as it is.
    own = [os.path.expanduser(os.path.expandvars(path)) for path in paths if path]  # noqa: PTH111
    return ModelLoader(extra_search_paths=own, file_loader=FastModelFiles())


def new_botocore_session(access: Access) -> botocore.session.Session:
    """Return a new session. An emulator needs no profile, so AWS_PROFILE is not read for it."""
    if access.credentials:
        core = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
    else:
        core = botocore.session.Session(profile=access.profile)
        if not access.anywhere:
            guard_credentials(core, os.environ)
        ask_people_only(core)
    core.register_component("data_loader", model_loader(core.get_config_variable("data_path")))
    return core


def client_config(core: botocore.session.Session, access: Access) -> Config:
    """Return the configuration of every client.

    It sets the user agent, which botocore would otherwise build for each call.
    """
    config = Config(
        retries={"total_max_attempts": 1, "mode": "standard"},  # `retry` decides about retries
        max_pool_connections=32,
        connect_timeout=5,
        read_timeout=60,
        user_agent=f"provision/{__version__} {core.user_agent()}",
    )
    return config.merge(Config(proxies={})) if access.endpoint else config


def patience(config: Config, service: str) -> Config:
    """Return the configuration of one service's client, or of that for `INVOCATIONS`.

    STS answers at once or not at all, and is called first: the user must not wait a minute for it.
    """
    if service == INVOCATIONS:
        return config.merge(Config(read_timeout=_LONGEST_ANSWER))
    return config.merge(Config(read_timeout=10)) if service == "sts" else config


def service_of(client: str) -> str:
    """Return the service of a client by the client's name."""
    return client.partition("/")[0]
