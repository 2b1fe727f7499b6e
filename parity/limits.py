"""A limit on the seconds of a call."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Any

from parity.errors import CannotRunError


@contextlib.contextmanager
def limited(seconds: float | None) -> Iterator[None]:
    """Gives up after some seconds, where the platform can interrupt (the main thread of a POSIX process)."""
    if seconds is None or threading.current_thread() is not threading.main_thread() or not hasattr(signal, "SIGALRM"):
        yield
        return

    def stop(*_: Any) -> None:
        raise CannotRunError(f"The check took longer than time_limit={seconds} s; give it smaller inputs or more time.")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
