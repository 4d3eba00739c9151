"""Zips for Lambda, made of a function's folder or of a layer's packages, which are read as data.

Nothing here imports, builds or runs the code that it packs, and nothing knows the configuration.
`zip_directory` and `build_layer` return an `Archive`; `Cache` keeps built zips between runs;
`handlers` and `modules` check that a function can be loaded, from the text of its modules.
"""
