"""What a source file offers, read with `ast`: its public names, where they come from, and which names of a framework it stands on. Nothing is imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from parity.report.sources import Source, source

FRAMEWORKS = ("torch", "keras", "tensorflow")
_GENERAL = frozenset(  # every layer is one: to stand on these says nothing
    [
        *("keras.layers.Layer", "keras.Layer", "keras.Model", "keras.Sequential", "keras.losses.Loss", "keras.optimizers.Optimizer", "keras.Operation"),
        *("keras.initializers.Initializer", "keras.optimizers.schedules.LearningRateSchedule", "keras.callbacks.Callback"),
        *("torch.nn.Module", "torch.autograd.Function", "torch.optim.Optimizer"),
    ]
)
_COMMON = frozenset(["keras.saving.register_keras_serializable", "keras.ops.convert_to_tensor", "keras.ops.shape", "keras.ops.cast"])


@dataclass(frozen=True)
class Public:
    """One public name: `full` is where a re-exported one comes from, `bases` the framework's classes it subclasses."""

    name: str
    docstring: str = ""
    signature: str = ""
    full: str = ""
    bases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Offer:
    """A file's public names, and the names of a framework that its private classes subclass and its functions call."""

    publics: tuple[Public, ...]
    stands_on: tuple[str, ...]


@cache
def offer(found: Source, root: str) -> Offer:
    """Reads one file below a root."""
    imports = _imports(found.tree)
    publics, stands_on = [], dict[str, None]()
    for node in found.tree.body:
        match node:
            case ast.ImportFrom(module=str(module)) if module.partition(".")[0] in FRAMEWORKS:
                publics += [Public(alias.asname, full=f"{module}.{alias.name}") for alias in node.names if alias.asname == alias.name]
            case ast.ClassDef(name=name) if name.startswith("_"):
                stands_on |= dict.fromkeys(_bases(node, found, root, imports))
            case ast.ClassDef(name=name):
                publics.append(Public(name, ast.get_docstring(node) or "", _signature(_constructor(node)), bases=tuple(_bases(node, found, root, imports))))
            case ast.FunctionDef(name=name) if not name.startswith("_"):
                publics.append(Public(name, ast.get_docstring(node) or "", _signature(node)))
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if not name.startswith("_") and (full := _full(value, imports)):
                publics.append(Public(name, full=full))
            case _:
                pass
    stands_on |= dict.fromkeys(_called(found.tree, imports))
    return Offer(tuple(publics), tuple(name for name in stands_on if name not in _GENERAL | _COMMON))


def spelled(name: str) -> str:
    """As users write it: tf for tensorflow, F for torch.nn.functional stays long."""
    return "tf" + name.removeprefix("tensorflow") if name.startswith("tensorflow.") else name


def _imports(tree: ast.Module) -> dict[str, str]:
    """Local names → full dotted names."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found[alias.asname or alias.name.partition(".")[0]] = alias.name if alias.asname else alias.name.partition(".")[0]
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return found


def _full(node: ast.AST, imports: dict[str, str]) -> str:
    """The dotted name of an attribute chain that begins at an import of a framework; "" for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.insert(0, node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or node.id not in imports:
        return ""
    full = ".".join([imports[node.id], *parts])
    return full if full.partition(".")[0] in FRAMEWORKS and "._" not in full else ""


def _bases(node: ast.ClassDef, found: Source, root: str, imports: dict[str, str]) -> Iterator[str]:
    """The framework's classes among the ancestors, through the project's own classes in this and other files."""
    for base in node.bases:
        full = _full(base, imports)
        if full:
            if full not in _GENERAL:
                yield full
        elif isinstance(base, ast.Name):
            home, name = found, base.id
            if imports.get(name, "").startswith(f"{root}."):
                module, _, name = imports[name].removeprefix(f"{root}.").rpartition(".")
                home = source(root, module) or found
            parent = next((other for other in home.tree.body if isinstance(other, ast.ClassDef) and other.name == name and other is not node), None)
            if parent is not None:
                yield from _bases(parent, home, root, _imports(home.tree))


def _called(tree: ast.Module, imports: dict[str, str]) -> Iterator[str]:
    """Functions and classes of a framework that the file calls."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (full := _full(node.func, imports)):
            yield full


def _constructor(node: ast.ClassDef) -> ast.FunctionDef | None:
    return next((item for item in node.body if isinstance(item, ast.FunctionDef) and item.name == "__init__"), None)


def _signature(node: ast.FunctionDef | None) -> str:
    """The arguments as they stand in the source, without self and annotations' clutter."""
    if node is None:
        return ""
    text = ast.unparse(node.args)
    return f"({text.removeprefix('self').removeprefix(', ')})"
