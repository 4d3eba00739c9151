"""Renders what people and scripts see of plans, runs, status and keys; decides nothing.

Each view is a function or class that returns or prints rich renderables. `formatting` and `signs`
hold the shared words, signs and styles. `console` prints pages; `draw_thread.Drawing` is the one
thread that draws live, on a `Canvas` such as `progress.Transitions` or `window.Window`.
`json_documents`, `json_offline` and `json_head` build the documents that scripts read.
"""
