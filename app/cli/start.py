"""Where `media-ingest` starts. It imports nothing, for each analysis process runs the starting script once more.

That is how multiprocessing finds what `__main__` defines; with the command line in it, a worker's start took a second.
"""


def main() -> None:
    """Runs the command that was typed."""
    from app.cli.main import main as run

    run()
