"""What the framework changes, and what the device changes: several recordings of the same cases, judged along both lines.

    parity record CASES --framework torch --device cpu  --out torch-cpu      (and keras; and both with --device cuda, on a machine that has one)
    parity compare torch-cpu keras-cpu torch-cuda keras-cuda --out reports/devices

Two recordings on one device show what the framework changes; two of one framework what the device changes. Each pair is judged by the rule of every other
comparison, in both precisions. What a recording's flags allow (TF32, non-deterministic kernels) is part of its name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from parity.case import AnyCase
from parity.comparison import Row
from parity.discovery import all_cases
from parity.errors import ParityUsageError
from parity.exchange import compare_folders
from parity.results import Result, Run
from parity.trace import Trace, write_atomically
from parity.verdict import Verdict

if TYPE_CHECKING:
    import pandas

_ALIKE = frozenset({Verdict.IDENTICAL, Verdict.EQUIVALENT, Verdict.VACUOUS})


@dataclass(frozen=True)
class Side:
    """One directory that `parity record` wrote."""

    folder: Path
    framework: str
    setting: str  # device and what its flags allow: "cpu", "cuda", "cuda with TF32"
    made: Mapping[str, Any]

    @property
    def label(self) -> str:
        return f"{'PyTorch' if self.framework == 'torch' else 'Keras'}, {self.setting}"


@dataclass(frozen=True)
class Effect:
    """Two sides that differ in one thing only."""

    of: Literal["framework", "device"]
    reference: Side
    actual: Side
    run: Run

    @property
    def name(self) -> str:
        if self.of == "framework":
            return f"framework, on {self.reference.setting}"
        return f"device, {self.reference.label} → {self.actual.setting}"


@dataclass(frozen=True)
class Line:
    """One case: its result under each effect, in the order of the effects; None where it was not recorded on both sides."""

    case: AnyCase
    results: tuple[Result | None, ...]
    due_to: str  # "nothing", "the framework", "the device" or "both"


@dataclass(frozen=True)
class Devices:
    """Everything that was compared."""

    sides: tuple[Side, ...]
    effects: tuple[Effect, ...]
    out: Path

    @property
    def lines(self) -> tuple[Line, ...]:
        found = [{result.case.id: result for result in effect.run} for effect in self.effects]
        cases = {result.case.id: result.case for effect in self.effects for result in effect.run}
        return tuple(self._line(case, tuple(results.get(case_id) for results in found)) for case_id, case in cases.items())

    def _line(self, case: AnyCase, results: tuple[Result | None, ...]) -> Line:
        parted = {effect.of for effect, result in zip(self.effects, results, strict=True) if result and result.verdict not in _ALIKE}
        due_to = "both" if len(parted) == 2 else f"the {parted.pop()}" if parted else "nothing"
        return Line(case, results, due_to)

    @property
    def totals(self) -> dict[str, int]:
        """Cases by what changes them."""
        due = [line.due_to for line in self.lines]
        return {word: due.count(word) for word in ("nothing", "the framework", "the device", "both") if word in due}

    @property
    def exit_code(self) -> int:
        """As `Run.exit_code`, over all effects."""
        codes = {effect.run.exit_code for effect in self.effects}
        return 1 if 1 in codes else max(codes, default=0)

    @property
    def table(self) -> pandas.DataFrame:
        """One line a case and effect: verdict, largest difference in float64 and what float32 loses on the judged side, both as shares of the values."""
        import pandas

        columns = ["case", "due_to", "effect", "verdict", "difference", "float32_error", "worst_tensor", "note"]
        return pandas.DataFrame(list(self._cells()), columns=columns)

    def _cells(self) -> Iterator[list[Any]]:
        for line in self.lines:
            for effect, result in zip(self.effects, line.results, strict=True):
                if result is not None:
                    row = result.worst_row
                    told = (f"{row.role} {row.name}", row.note) if row else ("", "")
                    yield [line.case.id, line.due_to, effect.name, result.word, *shares(result.rows), *told]


def shares(rows: Sequence[Row]) -> tuple[float, float]:
    """The largest difference in float64 and the largest float32 error of the judged side, relative to each tensor's own values."""
    scaled = [(row.difference / row.scale, row.keras_error / row.scale) for row in rows if row.scale]
    return max((d for d, _ in scaled), default=0.0), max((e for _, e in scaled), default=0.0)


def compare_devices(folders: Sequence[str | Path], *, out: str | Path, cases: Sequence[AnyCase] | None = None) -> Devices:
    """Judges every two recordings that differ in the framework alone or in the device alone.

    Raises:
        ParityUsageError: a directory holds no traces or those of several devices, or no two of them differ in one thing only.
    """
    cases = tuple(all_cases() if cases is None else cases)
    sides = tuple(_numbered([_side(Path(folder)) for folder in folders]))
    out, effects = Path(out), []
    for one, two in combinations(sides, 2):
        reference, actual = (two, one) if (one.framework, two.framework) == ("keras", "torch") else (one, two)
        if one.framework != two.framework and one.setting == two.setting:
            effects.append(Effect("framework", reference, actual, compare_folders(reference.folder, actual.folder, out=out, cases=cases)))
        elif one.framework == two.framework:
            bare = [replace(case, known={}) for case in cases]  # declared differences are the framework's
            effects.append(Effect("device", reference, actual, compare_folders(reference.folder, actual.folder, out=out, cases=bare)))
    if not effects:
        told = "; ".join(side.label for side in sides)
        raise ParityUsageError(f"No two of these recordings differ in one thing only ({told}); add the other framework's, or the other device's.")
    return Devices(sides, tuple(sorted(effects, key=lambda effect: effect.of, reverse=True)), out)


def _side(folder: Path) -> Side:
    if not folder.is_dir():
        raise ParityUsageError(f"{folder} is not a directory; give directories that `parity record --out` wrote.")
    made = [Trace.load(path).made for path in sorted(folder.glob("*/float64.safetensors"))]
    if not made:
        raise ParityUsageError(f"{folder} holds no traces; write them with `parity record PATTERN --framework torch --out {folder}`.")
    found = {(str(one.get("framework")), setting(one)) for one in made}
    if len(found) > 1:
        told = ", ".join(f"{framework} on {device}" for framework, device in sorted(found))
        raise ParityUsageError(f"{folder} holds traces of several kinds ({told}); record each into a directory of its own.")
    ((framework, device),) = found
    return Side(folder, framework, device, made[0])


def setting(made: Mapping[str, Any]) -> str:
    """The device, and what the flags of a recording allow beyond the plain one."""
    flags = made.get("flags", {})
    device = str(made.get("device", "cpu")).partition(":")[0]
    return f"{device} with TF32" if any("tf32" in name and value for name, value in flags.items()) and device != "cpu" else device


def _numbered(sides: Sequence[Side]) -> Iterator[Side]:
    """Two recordings of one framework on one device (two processes, two machines) are told apart by their number."""
    seen: dict[tuple[str, str], int] = {}
    for side in sides:
        key = (side.framework, side.setting)
        seen[key] = seen.get(key, 0) + 1
        yield side if seen[key] == 1 else replace(side, setting=f"{side.setting} ({seen[key]})")


def write_devices(found: Devices) -> list[Path]:
    """Writes devices.html, devices.md, devices.csv and devices.json into `found.out`, each whole or not at all."""
    from parity.report.templates import template
    from parity.report.wording import number

    told = {"devices": found, "shares": shares, "number": number}
    data = {
        "sides": [{"label": side.label, "framework": side.framework, "setting": side.setting, "made": dict(side.made)} for side in found.sides],
        "effects": [effect.name for effect in found.effects],
        "totals": found.totals,
        "rows": json.loads(found.table.to_json(orient="records")),
    }
    files = {
        "devices.html": template("devices.html.jinja").render(**told),
        "devices.md": template("devices.md.jinja").render(**told),
        "devices.csv": found.table.to_csv(index=False, lineterminator="\n"),
        "devices.json": json.dumps(data, indent=1, ensure_ascii=False),
    }
    for name, content in files.items():
        write_atomically(found.out / name, content)
    return [found.out / name for name in files]
