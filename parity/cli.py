"""The command line: `parity run | check | list | record | compare | guide | report | explain | doctor`. Reads and prints; the work is in the library.

Exit codes: 1 something differs · else 3 something could not run · 2 usage · 0 agree · 130 stopped.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core


class _Commands(typer.core.TyperGroup):
    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:  # here, because typer would end with 1, which means that something differs
            print("Stopped; what was done is kept, the next run goes on from there.", file=sys.stderr)
            raise typer.Exit(130) from None


app = typer.Typer(
    cls=_Commands,
    help="The same models in PyTorch and Keras, run side by side: outputs, gradients, updates and training compared by two precisions.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Patterns = Annotated[
    list[str] | None, typer.Argument(help="Areas, concepts, ids or globs: layers, layers.conv, 'optimizers.*'. None: all.", metavar="[PATTERN]...")
]
Device = Annotated[str, typer.Option(help="cpu or cuda")]
Backend = Annotated[str, typer.Option(help="Keras' backend: tensorflow, jax or torch")]
Out = Annotated[Path, typer.Option(help="Where the report goes")]


@app.command()
def run(patterns: Patterns = None, device: Device = "cpu", backend: Backend = "tensorflow", out: Out = Path("reports")) -> None:
    """Run concepts through both frameworks, judge them, and write the report."""
    from parity.discovery import select
    from parity.progress import Progress
    from parity.report import write_report
    from parity.runner import run as run_cases

    chosen = select(patterns or ["*"])
    with Progress(len(chosen)) as progress:
        found = run_cases(patterns or ["*"], device=device, backend=backend, out=out, progress=progress)
    write_report(found)
    _print_run(found)
    raise typer.Exit(found.exit_code)


@app.command()
def check(
    torch_model: Annotated[str, typer.Argument(help="module:function that builds the PyTorch model, or module:model", metavar="TORCH")],
    keras_model: Annotated[str, typer.Argument(help="the same for the Keras model", metavar="KERAS")],
    inputs: Annotated[str, typer.Option(help="x.npz, module:function, or a maker: 'image(2,3,224,224)', several joined by ';'")],
    targets: Annotated[str, typer.Option(help="as --inputs: what the losses compare with")] = "",
    loss: Annotated[str, typer.Option(help="module:torch_loss,module:keras_loss")] = "",
    optimizer: Annotated[str, typer.Option(help="module:torch_factory,module:keras_factory")] = "",
    steps: Annotated[int | None, typer.Option(help="optimizer steps to compare; 3 with an optimizer")] = None,
    weights: Annotated[str, typer.Option(help="transfer, as-is, or a mapping file")] = "transfer",
    training: Annotated[bool | None, typer.Option("--training/--eval", help="only this mode")] = None,
    gradients: Annotated[bool, typer.Option(help="compare gradients too")] = True,
    layout: Annotated[str, typer.Option(help="auto, channels_last or same")] = "auto",
    keras_inputs: Annotated[str, typer.Option(help="as --inputs, where the Keras model wants others")] = "",
    known: Annotated[list[str] | None, typer.Option(help="an expected difference, 'role:name'; may be repeated")] = None,
    mode: Annotated[str, typer.Option(help="eager, graph or jit")] = "eager",
    device: Device = "cpu",
    backend: Backend = "tensorflow",
    seed: int = 0,
    time_limit: Annotated[float | None, typer.Option(help="seconds")] = None,
    write_map: Annotated[Path | None, typer.Option(help="write the layer map that was found to this file, for --weights")] = None,
    out: Annotated[Path | None, typer.Option(help="write check.html, .md, .json and .csv into this folder")] = None,
) -> None:
    """Judge a Keras port of a PyTorch model: where it departs, why, and the line that mends it."""
    import os

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", backend)
    from parity.checking import pair, read_inputs, resolve, silenced, write_files
    from parity.frameworks import get

    with silenced():
        get("torch")
        get("keras")
    from parity.check import check as judge
    from parity.weight_map import read_map, save_map

    report = judge(
        resolve(torch_model, "TORCH"),
        resolve(keras_model, "KERAS"),
        read_inputs(inputs, seed=seed),
        weights=weights if weights in ("transfer", "as-is") else read_map(weights),
        training=training,
        gradients=gradients,
        targets=read_inputs(targets, "--targets", seed) if targets else None,
        loss=pair(loss, "--loss") if loss else None,
        optimizer=pair(optimizer, "--optimizer") if optimizer else None,
        steps=steps,
        keras_inputs=read_inputs(keras_inputs, "--keras-inputs", seed) if keras_inputs else None,
        layout=layout,
        known=known or (),
        mode=mode,
        device=device,
        seed=seed,
        time_limit=time_limit,
    )
    print(report)
    if write_map is not None:
        save_map({torch: (keras, how) for torch, keras, how in report.pairs}, write_map)
    if out is not None:
        print(f"Report: {write_files(report, out)}")
    raise typer.Exit(report.exit_code)


@app.command("list")
def list_cases(patterns: Patterns = None) -> None:
    """List the cases, by concept."""
    from parity.discovery import select

    for case in select(patterns or ["*"]):
        print(case.id)


@app.command()
def record(
    framework: Annotated[str, typer.Option(help="torch or keras: the side to record")],
    out: Annotated[Path, typer.Option(help="Where the traces go")],
    patterns: Patterns = None,
    device: Device = "cpu",
    backend: Backend = "tensorflow",
) -> None:
    """Record one side, for `parity compare` here or on another machine."""
    from parity.discovery import select
    from parity.exchange import record_cases

    total = len(select(patterns or ["*"]))
    failures = record_cases(patterns or ["*"], framework, device=device, backend=backend, out=out)
    for case, why in failures.items():
        print(f"{case}: {why}", file=sys.stderr)
    print(f"{total - len(failures)} of {total} cases recorded into {out}")
    raise typer.Exit(3 if failures else 0)


@app.command()
def compare(
    reference: Annotated[Path, typer.Argument(help="Directory written by `parity record`: the reference")],
    actual: Annotated[Path, typer.Argument(help="Directory written by `parity record`: what is judged")],
    more: Annotated[list[Path] | None, typer.Argument(help="Further ones, of the other framework or device", metavar="[FURTHER]...")] = None,
    out: Out = Path("reports/compared"),
) -> None:
    """Judge two recorded sides, or what framework and device change in several; needs neither framework."""
    if more:
        from parity.devices import compare_devices, write_devices

        devices = compare_devices([reference, actual, *more], out=out)
        written = write_devices(devices)
        print(", ".join(f"{count} changed by {word}" for word, count in devices.totals.items()) + f". Table: {written[0]}")
        raise typer.Exit(devices.exit_code)
    from parity.exchange import compare_folders
    from parity.report import write_report

    found = compare_folders(reference, actual, out=out)
    write_report(found)
    _print_run(found)
    raise typer.Exit(found.exit_code)


@app.command()
def guide(patterns: Patterns = None, out: Out = Path("reports"), backend: Backend = "tensorflow") -> None:
    """Write the migration guide: one page a concept, from the sources, the cases and what was measured."""
    from parity.discovery import select
    from parity.guide import write_guide
    from parity.progress import Progress
    from parity.runner import run as run_cases

    chosen = select(patterns or ["*"])
    with Progress(len(chosen)) as progress:
        found = run_cases(patterns or ["*"], backend=backend, out=out, progress=progress)
    written = write_guide(found, out / "guide")
    print(f"{len(written)} files in {out / 'guide'}")
    raise typer.Exit(found.exit_code)


@app.command()
def report(folder: Annotated[Path, typer.Argument(help="A directory with report.json")]) -> None:
    """Write the report of an earlier run again, from its report.json."""
    from parity.report import read_report, write_report

    found = read_report(folder / "report.json")
    write_report(found)
    _print_run(found)
    raise typer.Exit(found.exit_code)


@app.command()
def explain(name: Annotated[str, typer.Argument(help="A pitfall (bn-eps, A005), a concept or a case", metavar="PITFALL|CASE")]) -> None:
    """Explain a pitfall of the catalogue, or a concept's cases and the pitfalls that concern it."""
    from parity.explaining import explain as explained

    print(explained(name))


@app.command()
def doctor() -> None:
    """Show versions, devices, flags, and what is missing and how to install it."""
    from parity.doctor import examine, print_examination

    raise typer.Exit(print_examination(examine()))


def _print_run(found: Any) -> None:
    from rich.console import Console

    from parity.report.terminal import results_table, totals_line

    console = Console()
    if not console.is_terminal:
        console = Console(width=160)  # a log or a pipe has no width of its own
    console.print(results_table(found))
    console.print(totals_line(found), soft_wrap=True)


def main() -> None:
    """The entry point: every expected error is one sentence and an exit code."""
    from parity.errors import exit_code_of

    try:
        app()
    except Exception as error:
        code = exit_code_of(error)
        if code is None:
            raise
        print(f"parity: {error}", file=sys.stderr)
        sys.exit(code)
