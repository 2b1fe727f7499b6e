"""The errors a user can cause, and their exit codes: 2 what was asked makes no sense, 3 something could not run."""

from __future__ import annotations


class ParityUsageError(ValueError):
    """What was asked for makes no sense here; the message says what was expected (exit code 2)."""

    exit_code = 2


class CannotRunError(RuntimeError):
    """Something needed is missing or broken; the message says how to mend it (exit code 3)."""

    exit_code = 3


def exit_code_of(error: BaseException) -> int | None:
    """The exit code of an expected error; None for a fault of ours, which should be seen whole."""
    return getattr(error, "exit_code", None)
