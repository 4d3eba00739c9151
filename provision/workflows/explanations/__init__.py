"""Explains error codes, kinds of resources, nodes, keys and words, without a call to AWS.

`entries` has the types. `setup_errors`, `run_errors` and `data_errors` hold a text for every class
of `ProvisionError`, and `words` one for every word that users meet; none of them imports the AWS
SDK. `kinds` derives the page of a kind from what its step declares, `nodes` that of a node from
the stack, `keys` those of the keys of config.yaml, and `lookup` finds which of them a word means.
"""
