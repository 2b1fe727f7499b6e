"""The report's own JSON files, read whole or refused in one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from parity.errors import ParityUsageError

T = TypeVar("T")


def read_made(path: Path, make: Callable[[Any], T], *, what: str, write: str) -> T:
    """What `make` makes of the JSON in a file.

    Args:
        path: a file that is there.
        make: from the file's data; what it raises of ValueError, KeyError, TypeError and AttributeError says that the data are something else.
        what: what the file should be, "a measured margin".
        write: the command that writes it again.

    Raises:
        ParityUsageError: not such a file.
    """
    try:
        return make(json.loads(path.read_text(encoding="utf-8")))
    except ParityUsageError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ParityUsageError(f"{path} is not {what} ({type(error).__name__}: {error}); write it again with `{write}`.") from error
