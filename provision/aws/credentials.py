"""Finds the credentials before the first call; an error names the profile they belong to."""

from __future__ import annotations

import botocore.session
from botocore.exceptions import CredentialRetrievalError

from provision.errors import NoCredentials


def sign_in(core: botocore.session.Session) -> None:
    """Find the credentials. If there are none at all, the first call reports it.

    Raises `NoCredentials` if the profile names a process that does not exist or that prints
    something else.
    """
    try:
        if found := core.get_credentials():
            found.get_frozen_credentials()
    # botocore does not check what the process prints: a list, for example, has no keys.
    except (OSError, ValueError, KeyError, AttributeError, CredentialRetrievalError) as error:
        profile = core.get_config_variable("profile") or "default"
        raise NoCredentials(
            f"cannot get the credentials of profile {profile}: {error or 'no reason given'}",
            hint="fix its credential_process in the AWS configuration, or give --profile NAME",
        ) from error
