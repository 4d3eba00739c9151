"""The state: the records of the stack's nodes on disk.

`journal.Journal` is a snapshot and a write-ahead log, and takes the lock; `holder.LockHolder` names
the process that has it. `record.Record` is one node's record, as a value and as JSON.
`other_location` explains that the credentials lead to another account or region than the stack's.
`unreadable.Disposable` keeps a state aside that cannot be read.
"""
