"""Media Ingest: takes media files into a database one at a time, and answers for every single one."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when numpy is imported: no large matrix is multiplied here

__version__ = "0.5.0"
