"""What some twin cannot do in Keras, with the reason. An entry that is no longer needed fails."""

from collections.abc import Iterable

import pytest

SEVERAL = "evaluates the loss several times a step: its `step` takes a closure, and neither `apply` nor `fit` can give it one"
CTC_HALVES = "its recursion runs in float32 and so does what it returns: PyTorch has no kernel for halves at all"

UNSUPPORTED: dict[tuple[str, str], str] = {
    ("float16", "losses.ctc:CTCLoss"): CTC_HALVES,
    ("bfloat16", "losses.ctc:CTCLoss"): CTC_HALVES,
    **{(check, "optimizers.lbfgs:LBFGS"): SEVERAL for check in ("graph", "xla", "fit", "mixed_float16", "mixed_bfloat16", "float64")},
}


def each(targets: Iterable[str], *checks: str) -> pytest.MarkDecorator:
    """Parametrises a test by targets and by what is checked; a pair in the table is expected to fail."""
    pairs = [
        pytest.param(target, check, id=f"{target}-{check}", marks=[pytest.mark.xfail(reason=UNSUPPORTED[key], strict=True)] if key in UNSUPPORTED else [])
        for target in targets
        for check in checks
        for key in [(check, target)]
    ]
    return pytest.mark.parametrize(("target", "check"), pairs)
