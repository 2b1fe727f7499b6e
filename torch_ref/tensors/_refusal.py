"""Observing what PyTorch refuses."""

import re
from collections.abc import Callable


def attempt(name: str, action: Callable[[], object]) -> dict[str, bool | str | None]:
    """Does it, and says under `<name>_raised` and `<name>_error` what came of it."""
    try:
        action()
    except Exception as error:
        text = re.sub(r"\x1b\[\d*m", "", str(error)).partition("\n")[0]
        return {f"{name}_raised": True, f"{name}_error": f"{type(error).__name__}: {text}"}
    return {f"{name}_raised": False, f"{name}_error": None}
