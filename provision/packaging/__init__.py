"""What becomes a zip for Lambda: a function's folder and a layer's packages, read as data. Nothing
here imports, builds or runs what it packs.
"""
