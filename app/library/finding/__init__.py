"""Finds files: columns of all of them in memory, kept up to date by a feed of changes, and an index of their words."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when numpy is imported: nothing here multiplies matrices
