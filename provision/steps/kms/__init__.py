"""Customer managed KMS keys.

`key.KmsKey` is the key that encrypts the resources of a stack, with its policy, its yearly rotation
and its alias.
"""
