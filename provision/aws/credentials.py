"""The credentials, found before anything is asked of AWS; a failure says whose they were."""

from __future__ import annotations

import botocore.session
from botocore.exceptions import CredentialRetrievalError

from provision.errors import NoCredentials


def sign_in(core: botocore.session.Session) -> None:
    """Raises `NoCredentials` where the profile names a process that is not there or answers
    something else. No credentials at all are told by the first call."""
    try:
        if found := core.get_credentials():
            found.get_frozen_credentials()
    # botocore takes what a process says as it is: a list has no keys to ask for.
    except (OSError, ValueError, KeyError, AttributeError, CredentialRetrievalError) as error:
        profile = core.get_config_variable("profile") or "default"
        raise NoCredentials(
            f"the credentials of profile {profile} cannot be had: {error or 'no reason given'}",
            hint="mend its credential_process in the AWS configuration, or give --profile NAME",
        ) from error
