"""What a worker process needs before its first file."""

import os

from app.analysis.pictures.image import prepare_pillow


def prepare_worker() -> None:
    """Prepare a worker process, once: decoders registered, and file descriptor 2 to nowhere.

    libtiff and others write to it, and a pipe that nobody drains would block the worker for ever.
    """
    prepare_pillow()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
