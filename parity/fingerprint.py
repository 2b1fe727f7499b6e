"""What a result depends on, as a hash: the case, the sources it reaches, the harness, the versions. Nothing here imports a framework."""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.metadata
import importlib.util
import json
import os
from collections.abc import Iterable
from pathlib import Path

from parity.case import AnyCase, Build, Case, OptimizerCase, TrainingCase, canonical
from parity.needs import EXTRAS

HERE = Path(__file__).parent
RECORDING = ("case.py", "datasets.py", "recording.py", "small_data.py", "trace.py", "training.py", "weights.py", "frameworks")
JUDGING = ("comparison.py", "judging.py", "measuring.py", "training.py", "verdict.py", "results.py")


def side_key(case: AnyCase, framework: str, device: str, backend: str, threads: int) -> str:
    """The key of one side's recordings."""
    root = case.roots[0 if framework == "torch" else 1]
    packages = ["torch"] if framework == "torch" else ["keras", backend]
    parts = [
        json.dumps(canonical(case), sort_keys=True),
        framework,
        device,
        backend if framework == "keras" else "",
        str(threads),
        os.environ.get("PARITY_TF32", ""),
        *[f"{name} {version(name)}" for name in [*packages, "numpy", *EXTRAS.get(case.needs, ())]],
        *[sources(root, target.partition(":")[0]) for target in _targets(case)],
        own_sources(RECORDING),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def result_key(side_keys: Iterable[str]) -> str:
    """The key of a judgement."""
    return hashlib.sha256("\0".join([*side_keys, own_sources(JUDGING)]).encode()).hexdigest()[:32]


@functools.cache
def version(package: str) -> str:
    """An installed package's version, "" where it is not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


@functools.cache
def own_sources(names: tuple[str, ...]) -> str:
    """A hash of the harness' own files."""
    digest = hashlib.sha256()
    for name in names:
        path = HERE / name
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(file.read_bytes())
    return digest.hexdigest()


@functools.cache
def sources(root: str, module: str) -> str:
    """A hash of a module below a root and of everything below that root which it imports, directly or not. Kept until `forget`."""
    digest = hashlib.sha256()
    for path in sorted(_reached(root, module)):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _reached(root: str, module: str) -> set[Path]:
    spec = importlib.util.find_spec(root)
    if spec is None or not spec.submodule_search_locations:
        return set()
    folder = Path(spec.submodule_search_locations[0])
    found: set[Path] = set()
    waiting = [module]
    while waiting:
        path = _file(folder, waiting.pop())
        if path is not None and path not in found:
            found.add(path)
            waiting += _imports(path, folder, root)
    return found


def _file(folder: Path, module: str) -> Path | None:
    """The file of a module below the root, or of the package that a `from package import name` names."""
    path = folder.joinpath(*module.split("."))
    return next((p for p in (path.with_suffix(".py"), path / "__init__.py") if p.is_file() and p != folder / "__init__.py"), None)


@functools.cache
def _imports(path: Path, folder: Path, root: str) -> tuple[str, ...]:
    """What a file imports from below the root, by names below the root."""
    try:
        tree = ast.parse(path.read_text())
    except SyntaxError:  # the worker says so, about the cases that need the file
        return ()
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            package = _package(path, folder, root, node.level) if node.level else []
            module = ".".join([*package, *filter(None, [node.module])])
            names += [module, *[f"{module}.{alias.name}" for alias in node.names]]
        elif isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
    return tuple(name.removeprefix(f"{root}.") for name in names if name.startswith(f"{root}."))


def _package(path: Path, folder: Path, root: str, level: int) -> list[str]:
    """The package that `level` dots stand for in a file."""
    inside = [root, *path.relative_to(folder).parent.parts]
    return inside[: len(inside) - level + 1]


def forget() -> None:
    """A source may have changed since the last run of this process: read all again."""
    for function in (own_sources, sources, _imports):
        function.cache_clear()


def _targets(case: AnyCase) -> list[str]:
    """Every implementation that a case names."""
    builds: list[Build] = []
    if isinstance(case, (Case, TrainingCase)):
        builds = [b for b in (case.loss, case.optimizer) if b is not None]
    configs = [case.config, *[build.config for build in builds]] if not isinstance(case, OptimizerCase) else [case.config]
    nested = [value for config in configs for value in config.values() if isinstance(value, Build)]
    return sorted({case.target, *[build.target for build in [*builds, *nested]]})
