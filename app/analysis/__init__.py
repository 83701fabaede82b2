"""Reads media files: in a worker process a job becomes a value, and nothing is written or sent over a network.

Three parts also serve the program itself: `recipes` says what can run here, `nsfw.weights` fetches the NSFW model and
has it converted in a process of its own, and `source` opens the files that `verify` hashes.
"""
