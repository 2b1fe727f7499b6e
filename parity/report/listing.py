"""A case as the line of Python that would make it: the case is the documentation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

from parity import case as cases
from parity.case import AnyCase, canonical

_CLASSES: dict[str, type] = {name: getattr(cases, name) for name in ("Case", "OptimizerCase", "DemoCase", "TrainingCase", "Draw", "Build", "Figure")}
_FIRST, _LAST = ("target", "name"), ("known", "backends", "roots", "needs", "time_limit", "seed", "figures")
_LONG = 24  # numbers of a literal that are shown


def listing(case: AnyCase, width: int = 120) -> str:
    """The case as Python, only what differs from the defaults, on one line or one argument a line."""
    return _call(canonical(case), width)


def _call(data: Mapping[str, Any], width: int, indent: int = 0) -> str:
    arguments = [_argument(name, value, width, indent) for name, value in _changed(data)]
    if data["type"] == "Draw":
        return _draw(data)
    line = f"{data['type']}({', '.join(arguments)})"
    if len(line) + indent <= width and "\n" not in line:
        return line
    pad = " " * (indent + 4)
    return f"{data['type']}(\n" + "".join(f"{pad}{argument},\n" for argument in arguments) + " " * indent + ")"


def _argument(name: str, value: Any, width: int, indent: int) -> str:
    shown = _shown(value, width, indent + 4)
    return shown if name in _FIRST else f"{name}={shown}"


def _changed(data: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Arguments that are not the default, positional ones first."""
    found = []
    for spec in fields(_CLASSES[data["type"]]):
        default = spec.default if spec.default is not MISSING else spec.default_factory() if spec.default_factory is not MISSING else MISSING
        if spec.name in data and (default is MISSING or data[spec.name] != canonical(default)):
            found.append((spec.name, data[spec.name]))
    return sorted(found, key=lambda item: (item[0] not in _FIRST, item[0] in _LAST))


def _shown(value: Any, width: int, indent: int) -> str:
    if isinstance(value, Mapping) and value.get("type") in _CLASSES:
        return _call(value, width, indent)
    if isinstance(value, Mapping):
        inner = [f"{_key(key)}: {_shown(item, width, indent + 4)}" for key, item in value.items()]
        line = "{" + ", ".join(inner) + "}"
        if len(line) + indent <= width and "\n" not in line:
            return line
        return "{\n" + "".join(f"{' ' * (indent + 4)}{item},\n" for item in inner) + " " * indent + "}"
    if isinstance(value, list):  # JSON does not tell tuples from lists; arguments are tuples
        if len(value) > 4 and all(item == value[0] for item in value):
            return f"({_shown(value[0], width, indent)},) * {len(value)}"
        return f"({', '.join(_shown(item, width, indent) for item in value)}{',' if len(value) == 1 else ''})"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _key(key: str) -> str:
    """JSON's keys are strings; steps of `learning_rates` are numbers."""
    return key if key.isdigit() else json.dumps(key, ensure_ascii=False)


def _draw(data: Mapping[str, Any]) -> str:
    """The maker of `parity.case` that gives this draw."""
    kind, shape, layout = data["kind"], list(map(str, data["shape"])), data["layout"]
    words = [f"edges={_shown(data['edges'], 200, 0)}"] if data["edges"] else []
    unusual = [f'layout="{layout}"'] if layout != "same" else []
    fixed = [] if data["differentiable"] else ["differentiable=False"]
    match kind:
        case "normal":
            drawn = [f"{word}={data[field]:g}" for word, field, usual in (("mean", "low", 0.0), ("std", "high", 1.0)) if data[field] != usual]
            unbatched = ["batched=False"] if layout == "channels_last_unbatched" else []
            return _made("array" if layout == "same" else "image", shape, drawn, words, unbatched, fixed)
        case "uniform":
            ends = [f"{end}={data[end]:g}" for end, usual in (("low", 0.0), ("high", 1.0)) if data[end] != usual]
            return _made("uniform", shape, ends, words, unusual, fixed)
        case "integers":
            return _made("tokens", shape, [f"vocabulary={data['high']:g}"] if data["low"] == 0 else [f"low={data['low']:g}", f"high={data['high']:g}"], unusual)
        case "bools":
            return _made("mask", shape, [] if data["high"] == 0.7 else [f"keep={data['high']:g}"], unusual)
        case _:
            return _made("values", [_literal(data["values"])], unusual, fixed)


def _made(maker: str, *arguments: list[str]) -> str:
    return f"{maker}({', '.join(argument for group in arguments for argument in group)})"


def _literal(values: Any) -> str:
    """Nested numbers, shortened where there are many."""
    text = _numbers(values)
    return text if text.count(",") < _LONG else text[: _nth(text, ",", _LONG)] + ", …]"


def _numbers(values: Any) -> str:
    if isinstance(values, list):
        return f"[{', '.join(map(_numbers, values))}]"
    return f"{values:g}" if isinstance(values, float) and f"{values:g}" == f"{values!r}".removesuffix(".0") and values % 1 else repr(values)


def _nth(text: str, mark: str, count: int) -> int:
    place = -1
    for _ in range(count):
        place = text.index(mark, place + 1)
    return place
