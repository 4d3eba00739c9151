"""What is known of the stack on disk.

`journal.Journal` is a snapshot and the log written ahead of every change; `record` one node's
record, as a value and as JSON; `other_location` says where the stack lives if not where the
credentials lead; `unreadable` keeps a state that cannot be read aside.
"""
