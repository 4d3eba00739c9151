"""Secret values: the environment says where each is kept; it is fetched when first needed.

A fetched value is remembered for five minutes, or for POWERTOOLS_PARAMETERS_MAX_AGE seconds, so a
rotated one arrives without a new version of the function. It is in no error and no log line.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from aws_lambda_powertools.utilities.parameters import SecretsProvider, SSMProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from botocore.config import Config


class SecretUnavailable(Exception):
    """A secret could not be fetched: says which, and why."""


class Secrets:
    """The role of the function grants reading what its environment names, and nothing else."""

    def __init__(self, environment: Mapping[str, str], patience: Config) -> None:
        self._environment = environment
        self._patience = patience

    def read(self, variable: str) -> str:
        """Return the value of the secret that the variable refers to."""
        reference = self._environment.get(variable, "")
        keeper, _, name = reference.partition(":")
        try:
            if keeper == "ssm":
                value = self._parameters.get(name, decrypt=True)
            elif keeper == "secretsmanager":
                value = self._secrets.get(name)
            else:  # the value may be the secret itself: it is not repeated
                raise SecretUnavailable(f"{variable} does not say where its secret is kept")
        except GetParameterError as error:
            raise SecretUnavailable(f"{variable}: {reference}: {error}") from error
        if not isinstance(value, str):
            raise SecretUnavailable(f"{variable}: {reference} holds no text")
        return value

    @cached_property
    def _parameters(self) -> SSMProvider:
        return SSMProvider(boto_config=self._patience)

    @cached_property
    def _secrets(self) -> SecretsProvider:
        return SecretsProvider(boto_config=self._patience)
