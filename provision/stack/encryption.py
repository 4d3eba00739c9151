"""Decides which key encrypts the stack: AWS's own, the user's, or one that the stack creates."""

from __future__ import annotations

from dataclasses import dataclass

from provision.model.stack import Get, Node, Stack
from provision.stack.inputs import StackInputs
from provision.stack.resource_policies import key_policy
from provision.steps.kms.key import KmsKey


@dataclass(frozen=True)
class EncryptionKey:
    """The stack's encryption key.

    `needs` has the key's node if the stack creates the key; all that is encrypted needs it.
    """

    needs: tuple[Node[KmsKey], ...]
    _given: str

    def arn(self, get: Get, otherwise: str = "") -> str:
        """Return the customer's key, for a node with `needs`; `otherwise` if there is none."""
        return get(self.needs[0]).arn if self.needs else self._given or otherwise

    @property
    def uses_customer_key(self) -> bool:
        return bool(self.needs or self._given)


def add_encryption(stack: Stack, inputs: StackInputs) -> EncryptionKey:
    if inputs.config.encryption.key != "create":
        return EncryptionKey((), inputs.key)
    key = stack.add(
        "encryption.key",
        lambda _: KmsKey(
            alias=f"alias/{inputs.config.prefix}",
            description=f"Encrypts what {inputs.config.prefix} keeps",
            policy=key_policy(inputs.location, log_groups(inputs), f"{inputs.config.prefix}-"),
            tags=inputs.tags,
        ),
    )
    return EncryptionKey((key,), "")


def log_groups(inputs: StackInputs) -> list[str]:
    """Return patterns of the names of all the stack's log groups."""
    prefix = inputs.config.prefix
    return [
        f"/aws/lambda/{prefix}-*",
        f"/aws/apigateway/{prefix}",
        f"/aws/vpc/{prefix}",
        f"API-Gateway-Execution-Logs_*/{inputs.config.api.stage}",
    ]
