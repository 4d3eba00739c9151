"""SQS queues.

`queue.Queue` is the queue that receives the events that a function failed to process (dead
letters).
"""
