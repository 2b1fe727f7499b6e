"""`parity check` on the command line: builders by name, inputs from a file or a maker, and the report's files."""

from __future__ import annotations

import ast
import contextlib
import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from parity import case as makers
from parity.errors import CannotRunError, ParityUsageError

MAKERS = ("image", "array", "uniform", "tokens", "labels", "mask")


@contextlib.contextmanager
def silenced() -> Iterator[None]:
    """What the frameworks' own code writes while they are imported is not shown."""
    sys.stderr.flush()
    kept = os.dup(2)
    with Path(os.devnull).open("w") as nothing:
        os.dup2(nothing.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def resolve(target: str, argument: str) -> Any:
    """What "pkg.mod:name" names, with the current folder on the path.

    Raises:
        ParityUsageError: there is none.
        CannotRunError: importing the module raised.
    """
    module, colon, name = target.partition(":")
    if not colon or not module or not name:
        raise ParityUsageError(f"{argument}: expected module:function, got {target!r}; for example mypackage.models:build_torch.")
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        found: Any = importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise ParityUsageError(f"{argument}: there is no module {error.name!r} here; run the command where it can be imported.") from error
    except Exception as error:
        raise CannotRunError(f"{argument}: importing {module} raised {type(error).__name__}: {error}") from error
    for part in name.split("."):
        if not hasattr(found, part):
            raise ParityUsageError(f"{argument}: {module} has no {name}; it has {', '.join(n for n in vars(found) if not n.startswith('_'))[:200]}.")
        found = getattr(found, part)
    return found


def read_inputs(text: str, argument: str = "--inputs", seed: int = 0) -> Any:
    """An array, a tuple or a dict: from a .npz or .npy file, from a maker as "image(2,3,224,224)", several joined by ";", or from module:function.

    Raises:
        ParityUsageError: it is none of these.
    """
    path = Path(text)
    if path.suffix in {".npz", ".npy"}:
        try:
            loaded = np.load(path, allow_pickle=False)
        except FileNotFoundError as error:
            raise ParityUsageError(f"{argument}: there is no file {path}.") from error
        except Exception as error:
            raise ParityUsageError(f"{argument}: {path} is no file of plain arrays ({error}); write it with numpy.savez.") from error
        return loaded if isinstance(loaded, np.ndarray) else {name: loaded[name] for name in loaded.files}
    if ":" in text and "(" not in text:
        found = resolve(text, argument)
        return found() if callable(found) else found
    arrays = [_drawn(part.strip(), i, argument, seed) for i, part in enumerate(text.split(";"))]
    return arrays[0] if len(arrays) == 1 else tuple(arrays)


def _drawn(text: str, place: int, argument: str, seed: int) -> np.ndarray:
    try:
        call = ast.parse(text, mode="eval").body
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.func.id not in MAKERS:
            raise ValueError(text)
        numbers = [ast.literal_eval(node) for node in call.args]
        words = {word.arg: ast.literal_eval(word.value) for word in call.keywords if word.arg is not None}
        draw = getattr(makers, call.func.id)(*numbers, **words)
    except (SyntaxError, ValueError, TypeError) as error:
        raise ParityUsageError(
            f"{argument}: expected a .npz file, module:function, or a maker ({', '.join(MAKERS)}) as 'image(2,3,224,224)', got {text!r}."
        ) from error
    return draw.draw("check", seed, place)


def pair(text: str, argument: str) -> tuple[Any, Any]:
    """ "module:torch_one,module:keras_one".

    Raises:
        ParityUsageError: not two.
    """
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 2:
        raise ParityUsageError(f"{argument}: expected two names, for PyTorch and for Keras, joined by a comma, got {text!r}.")
    return resolve(parts[0], argument), resolve(parts[1], argument)


def write_files(report: Any, folder: Path) -> Path:
    """check.html, check.md, check.json and check.csv in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    report.to_html(folder / "check.html")
    report.to_markdown(folder / "check.md")
    report.to_json(folder / "check.json")
    report.to_csv(folder / "check.csv")
    return folder / "check.html"
