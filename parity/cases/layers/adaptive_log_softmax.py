"""Clustered softmax: labels in every cluster, in one, in none; one class a cluster; without a batch; training; all log-probabilities."""

from parity.case import Case, array, labels, values

SIZES = {"in_features": 8, "n_classes": 11, "cutoffs": [4, 7], "div_value": 2.0}


def _case(name: str, input=None, target=None, *, training: bool = False, steps: int = 0, gradients: bool = True, **config) -> Case:
    inputs = {"input_": input or array(6, 8), "target_": target or values([0, 10, 4, 6, 3, 7])}
    words = {"inputs": inputs, "training": training, "steps": steps, "gradients": gradients}
    return Case("layers.adaptive_log_softmax:AdaptiveLogSoftmaxWithLoss", name, config={**SIZES, **config}, **words)


CASES = [
    _case("default"),
    _case("training", training=True, steps=3),
    _case("head-bias", head_bias=True, steps=2),
    _case("frequent-only", target=values([0, 3, 1, 2, 2, 0]), gradients=False),  # the clusters have none
    _case("rare-only", target=values([9, 7, 8, 10, 10, 7]), cutoffs=[5]),
    _case("one-cluster", array(20, 8), labels(20, classes=11), cutoffs=[5], div_value=4.0),
    _case("clusters-of-one", array(7, 8), labels(7, classes=4), n_classes=4, cutoffs=[1, 2, 3], div_value=1.0, gradients=False),  # no choice within one
    _case("broken-division", array(7, 9), labels(7, classes=11), in_features=9, div_value=2.5),
    _case("one-example", array(1, 8), values([5]), cutoffs=[4]),
    _case("unbatched", array(8), values(5), cutoffs=[4]),
    _case("large-inputs", array(6, 8, std=100.0)),
    Case("layers.adaptive_log_softmax:AdaptiveLogSoftmax", "default", config=SIZES, inputs={"input": array(9, 8, std=3.0)}),
    Case("layers.adaptive_log_softmax:AdaptiveLogSoftmax", "head-bias", config={**SIZES, "head_bias": True}, inputs={"input": array(5, 8)}),
    Case("layers.adaptive_log_softmax:AdaptiveLogSoftmax", "one-frequent", config={**SIZES, "cutoffs": [1, 6]}, inputs={"input": array(9, 8)}),
]
