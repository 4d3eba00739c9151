"""Functions, their versions, alias and permissions, and layers.

`states` waits until Lambda is done with a function; `configuration` reads what AWS shows of one in
the words of the steps' fields.
"""
