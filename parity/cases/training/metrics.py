"""Running metrics over full batches, a small last one, and one batch for all."""

from parity.case import DemoCase, array, labels


def _case(name: str, n: int, batch: int) -> DemoCase:
    inputs = {"scores": array(n, 7, std=2.0), "labels": labels(n, classes=7)}
    return DemoCase("training.metrics:observe_metrics", name, inputs=inputs, config={"batch": batch}, backends=("tensorflow", "torch"))


CASES = [_case("ragged", 67, 16), _case("even", 64, 16), _case("one-batch", 9, 32)]
