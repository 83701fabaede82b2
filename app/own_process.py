"""Processes of our own: how they end with their parent, and a module of ours run in one for one line of JSON.

For work that must not happen in the server: it may crash, take much memory, or never end. The process ends with the
thread that waits for it, and when `beat` raises.
"""

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from typing import Any

BEAT_SECONDS = 0.2
_PR_SET_PDEATHSIG = 1


def ask(module: str, *arguments: str, seconds: float, beat: Callable[[], None]) -> Mapping[str, Any]:
    """The answer of `python -m module arguments...`, which may take so many seconds.

    `beat` is called several times a second. Without an answer it is `{"problem": why}`; a process that was killed, or
    was too slow, adds `"died": true`.
    """
    command = [sys.executable, "-P", "-m", module, str(os.getpid()), *arguments]
    with tempfile.TemporaryFile() as complaints:
        try:
            child = subprocess.Popen(  # noqa: S603 - our own module; its arguments are never options
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=complaints,
                process_group=0,  # a Ctrl-C is for the program, which then decides
            )
        except OSError as error:
            return {"problem": f"its process could not be started: {error.strerror}", "died": True}
        give_up_at = time.monotonic() + seconds
        try:
            while (output := _output(child)) is None:
                beat()
                if time.monotonic() > give_up_at:
                    return {"problem": f"it took longer than {seconds:.0f} s", "died": True}
        finally:
            if child.poll() is None:
                child.kill()
                child.communicate()
        if child.returncode < 0:
            names = {each.value: each.name for each in signal.Signals}
            name = names.get(-child.returncode, f"signal {-child.returncode}")
            return {"problem": f"its process was stopped ({name})", "died": True}
        with contextlib.suppress(ValueError, IndexError):
            answer = json.loads(output.splitlines()[-1])
            if isinstance(answer, dict):
                return answer
        complaints.seek(0)
        lines = complaints.read().decode("utf-8", "replace").strip().splitlines()
        return {"problem": lines[-1] if lines else f"it ended with code {child.returncode}"}


def _output(child: "subprocess.Popen[bytes]") -> bytes | None:
    """All that a process wrote once it has ended, None while it has not."""
    try:
        return child.communicate(timeout=BEAT_SECONDS)[0]
    except subprocess.TimeoutExpired:
        return None


def die_with_parent(parent: int) -> None:
    """Lets the kernel end this process with the thread that started it; `parent` is the process that should be ours."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
