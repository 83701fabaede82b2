"""Starts the program in processes forked from one that has imported it: a start costs a fork, not a second of imports.

`Warm` is this side; run as a module, this file is the other one. Between that and each program stands a keeper, which
waits for the program's end and tells its code, as only a parent can.
"""

import atexit
import functools
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PROGRAM = Path(sys.executable).with_name("media-ingest")
PROJECT = Path(__file__).resolve().parents[2]
LONGEST_REQUEST = 2**20
STANDS_IN = "MEDIA_INGEST_STANDS_IN"
"""With this variable the program is a module of the tests that has a `main`, one of `OTHERS`."""
OTHERS = ("tests.support.named_files", "tests.writing.desk")


class Started:
    """A program that was started: what `subprocess.Popen` says and does, as far as tests ask."""

    def __init__(self, told: int) -> None:
        """`told` is a pipe, on which the keeper writes the process's number and then its return code."""
        self._told = os.fdopen(told, "rb")
        self.pid = int(self._told.readline())
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The return code, as `subprocess` counts it, or None while the program runs."""
        if self.returncode is None and select.select([self._told], [], [], 0)[0]:
            with self._told:
                self.returncode = int(self._told.readline())
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Raises subprocess.TimeoutExpired after so many seconds."""
        if self.returncode is None and not select.select([self._told], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired(str(PROGRAM), timeout or 0)
        code = self.poll()
        assert code is not None
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Warm:
    """A process that has imported the program and starts it as often as it is asked to. Ends with this one."""

    def __init__(self) -> None:
        self._socket, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with other:
            command = [sys.executable, "-m", __name__, str(other.fileno())]
            self._process = subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.DEVNULL, pass_fds=[other.fileno()])

    def close(self) -> None:
        """Ends the process; what it started goes on."""
        self._socket.close()
        self._process.wait()

    def start(
        self, arguments: Sequence[str], *, env: Mapping[str, str], cwd: Path, output: int, errors: int | None = None
    ) -> Started:
        """Starts `media-ingest` with these arguments; what it prints goes to the descriptors, its errors to `output`
        where they have none of their own.
        """
        told, telling = os.pipe()
        try:
            asked = json.dumps({"arguments": list(arguments), "env": dict(env), "cwd": str(cwd)})
            socket.send_fds(self._socket, [asked.encode()], [output, output if errors is None else errors, telling])
        finally:
            os.close(telling)
        return Started(told)


@functools.cache
def warm() -> Warm:
    """The one of this process."""
    one = Warm()
    atexit.register(one.close)
    return one


# ------------------------------------------------------------------------------------------------------ the other side


def serve_starts(asking: socket.socket) -> list[str]:
    """Forks for each start. Returns in the program's own process, with the arguments that it is to run with."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # keepers end by themselves
    while True:
        request, descriptors, _, _ = socket.recv_fds(asking, LONGEST_REQUEST, 3)
        if not request:
            os._exit(0)
        output, errors, telling = descriptors
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            asking.close()
            if program := os.fork():
                os.close(output)
                os.close(errors)
                _keep(program, telling)
            os.close(telling)
            return _become(json.loads(request), output, errors)
        for descriptor in descriptors:
            os.close(descriptor)


def _keep(program: int, telling: int) -> None:
    """Tells of a program's start and of its end, and ends."""
    os.write(telling, b"%d\n" % program)
    _, status = os.waitpid(program, 0)
    os.write(telling, b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _become(asked: Mapping[str, Any], output: int, errors: int) -> list[str]:
    """Gives this process what a new one would have: its folder, environment, output and starting script."""
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["env"])
    time.tzset()
    os.dup2(output, 1)
    os.dup2(errors, 2)
    os.close(output)
    os.close(errors)
    sys.path[0] = str(PROGRAM.parent)
    sys.modules["__main__"].__spec__ = None  # multiprocessing lets each worker run the script that is named here
    sys.modules["__main__"].__file__ = str(PROGRAM)
    importlib.reload(app.crash_points)  # it alone looks at the environment when it is imported
    return [str(PROGRAM), *asked["arguments"]]


if __name__ == "__main__":
    import app.cli.main
    import app.crash_points
    import app.web.app

    others = {name: importlib.import_module(name) for name in OTHERS}
    assert len(os.listdir("/proc/self/task")) == 1, "a fork would lack the other threads"
    gc.freeze()  # no fork looks through what they share, nor copies it to do so
    sys.argv = serve_starts(socket.socket(fileno=int(sys.argv[1])))
    sys.exit(others.get(os.environ.get(STANDS_IN, ""), app.cli.main).main())
