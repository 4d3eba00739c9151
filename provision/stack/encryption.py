"""The key that everything of the stack is encrypted with: AWS's own, the user's, or one we make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from provision.model.stack import Node, Stack
from provision.stack.inputs import StackInputs
from provision.stack.resource_policies import key_policy
from provision.steps.kms.key import KmsKey


@dataclass(frozen=True)
class Encryption:
    """`needs`: the key's node, where the stack makes the key; whatever is encrypted needs it."""

    needs: tuple[Node[KmsKey], ...]
    _given: str

    def arn(self, made: Sequence[KmsKey], otherwise: str = "") -> str:
        """The customer's key, from the steps of `needs`; `otherwise` where AWS's own keys do it."""
        return made[0].arn if made else self._given or otherwise

    @property
    def uses_customer_key(self) -> bool:
        return bool(self.needs or self._given)


def add_encryption(stack: Stack, inputs: StackInputs) -> Encryption:
    if inputs.config.encryption.key != "create":
        return Encryption((), inputs.key)
    key = stack.add(
        "encryption.key",
        lambda: KmsKey(
            alias=f"alias/{inputs.config.prefix}",
            description=f"Encrypts what {inputs.config.prefix} keeps",
            policy=key_policy(inputs.location, log_groups(inputs), f"{inputs.config.prefix}-"),
            tags=inputs.tags,
        ),
    )
    return Encryption((key,), "")


def log_groups(inputs: StackInputs) -> list[str]:
    """Patterns of the names of all the stack's log groups."""
    prefix = inputs.config.prefix
    return [
        f"/aws/lambda/{prefix}-*",
        f"/aws/apigateway/{prefix}",
        f"/aws/vpc/{prefix}",
        f"API-Gateway-Execution-Logs_*/{inputs.config.api.stage}",
    ]
