"""A machine without a screen, as far as Python sees it: what pip installs is there, what a screen brings is not."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NO_LIBGL = "libGL.so.1: cannot open shared object file: No such file or directory"
BROKEN = ("cv2", "matplotlib")
UNWANTED = ("tensorflow", "openvino_telemetry")


@contextmanager
def without_a_screen(folder: Path) -> Iterator[Path]:
    """Gives a folder for PYTHONPATH, where packages fail as on such a machine; fails if others were even tried."""
    tried = folder / "tried"
    for name in (*BROKEN, *UNWANTED):
        package = folder / "installed" / name
        package.mkdir(parents=True)
        does = f"raise ImportError({NO_LIBGL!r})" if name in BROKEN else f"open({str(tried)!r}, 'a').write('{name} ')"
        (package / "__init__.py").write_text(does)
    yield folder / "installed"
    assert not tried.exists(), tried.read_text()
