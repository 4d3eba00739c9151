"""What people and scripts see: views of a plan and of what happens to it, without logic.

Each view is a function or class that returns rich renderables; `formatting` and `signs` have the
words, signs and styles they share, `console` and `draw_thread` put them onto a terminal,
`json_documents` has the documents that scripts read.
"""
