"""What is done to the two trees: `AGREE` agrees; the other lists say what becomes of their cases."""

from parity.case import Case, DemoCase, array, values

ROOTS = ("trees.reference", "trees.twin")
X = array(2, 3)


def _case(function: str, name: str = "default", x=X, **words) -> Case:
    return Case(f"functions:{function}", name, inputs={"x": x}, roots=ROOTS, **words)


AGREE = [
    Case("affine:Affine", config={"features": 3}, inputs={"x": X}, roots=ROOTS),
    _case("double"),
    _case("logarithm", "nonfinite-alike", values([[-1.0, 0.0, 2.0], [1.5, 3.0, 7.0]]), gradients=False),
    DemoCase("functions:told", "told-alike", inputs={"x": X}, config={"contiguous": True}, roots=ROOTS, printed={"kinds": ["a", 1, None]}),
]
DIFFER = [  # verdict, name of a row that has it, part of its note, case
    ("different", "output", "", _case("by_another_constant")),
    ("different", "contiguous", "torch: True; Keras: False", DemoCase("functions:told", inputs={"x": X}, roots=ROOTS)),
    ("different", "kinds (Keras)", "in print: ['b']", DemoCase("functions:told", "misprint", inputs={"x": X}, roots=ROOTS, printed={"kinds": ["b"]})),
    ("shape", "sum (torch)", "in print: shape (2,)", DemoCase("functions:told", "unfit", inputs={"x": X}, roots=ROOTS, printed={"sum": [1.0, 2.0]})),
    ("nonfinite", "output", "torch has 0, Keras 4", _case("gives_nan", gradients=False)),
    ("nonfinite", "output", "torch has 0, Keras 2", _case("gives_infinity", gradients=False)),
    ("nonfinite", "output", "torch has 6, Keras 0", _case("gives_nan_in_torch", gradients=False)),
    ("shape", "output", "torch (6,), Keras (6, 1)", _case("another_shape")),
    ("dtype", "output", "bool and bool, Keras float64 and float32", _case("another_type")),
    ("missing", "output.1", "Keras has nothing of this name", _case("two_outputs")),
    ("missing", "output:output", "no longer occurs (it was apart)", _case("double", "declared", known={"output:output": "it was apart"})),
    ("vacuous", "output", "empty: nothing to compare", _case("double", "empty", array(0, 3))),
    ("vacuous", "output", "all zero on both sides", _case("double", "zeros", values([[0.0, 0.0, 0.0]]), gradients=False)),
]
BREAK = [  # what the one sentence says, case
    ("keras raised ValueError in float64: the twin refuses: expected an axis of 4, got 3", _case("refuses")),
    ("torch raised RuntimeError in float64: the reference refuses", _case("refuses_in_torch")),
    ("keras did not finish within its time limit of 1 s; raise the case's time_limit, or mend what hangs", _case("hangs", time_limit=1.0)),
    ("keras aborted its process", _case("aborts")),
    ("torch aborted its process", _case("aborts_in_torch")),
    ("keras raised SystemExit in float64: 7", _case("exits")),
    ("trees.twin.functions has no only_here; it has double, by_another_constant", _case("only_here")),
    ("trees.twin.nowhere does not exist: write trees/twin/nowhere.py, or correct the case's target", Case("nowhere:Nothing", inputs={"x": X}, roots=ROOTS)),
    ("output is a str, expected a tensor or a tuple, list, dict or dataclass of tensors", _case("gives_text")),
]
NOT_RUN = [  # why, case
    ("the twin exists on jax, torch only, not on the tensorflow backend", _case("double", "elsewhere", backends=("jax", "torch"))),
    ("needs the data set 'nonesuch'", _case("double", "no-data", needs="nonesuch")),
]
CASES = [*AGREE, *(case for *_, case in DIFFER), *(case for _, case in BREAK), *(case for _, case in NOT_RUN)]
