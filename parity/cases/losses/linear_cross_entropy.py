"""LinearCrossEntropyLoss: labels and probabilities, positions, weights, ignored labels, smoothing; in chunks that divide the batch and that do not."""

from parity.case import Build, Case, array, labels, uniform, values

TARGET = "losses.linear_cross_entropy:LinearCrossEntropyLoss"
WEIGHT = values([0.25, 2.0, 0.0, 1.5, 0.75])
IGNORED = values([2, -100, 0, 4, -100, 1, 3])
LABELS = {"input": array(7, 3), "target": labels(7, classes=5)}
POSITIONS = {"input": array(4, 3), "target": labels(4, 2, 6, classes=5)}
REDUCTIONS = ("mean", "sum", "none")


def _case(name: str, inputs: dict, **config) -> Case:
    return Case(TARGET, name, config={"in_features": 3, "num_classes": 5} | config, inputs=inputs)


def _options(**words) -> Build:
    return Build("losses.linear_cross_entropy:LinearCrossEntropyOptions", words | {"allow_retain_graph": True})


CASES = [
    *(_case(f"labels-{r}", LABELS, reduction=r) for r in REDUCTIONS),
    *(_case(f"weighted-{r}", {"input": array(7, 3), "target": IGNORED}, reduction=r, weight=WEIGHT, bias=True) for r in REDUCTIONS),
    _case("smoothed", {"input": array(7, 3), "target": IGNORED}, weight=WEIGHT, label_smoothing=0.2),
    _case("ignored", LABELS, ignore_index=1),
    _case("ignored-no-class", LABELS, ignore_index=9),
    *(_case(f"soft-{r}", {"input": array(7, 3), "target": uniform(7, 5)}, reduction=r, weight=WEIGHT, label_smoothing=0.1) for r in REDUCTIONS),
    *(_case(f"positions-{r}", POSITIONS, reduction=r, out_features=(2, 6), weight=WEIGHT, bias=True) for r in REDUCTIONS),
    _case("positions-soft", {"input": array(4, 3), "target": uniform(4, 5, 2, 6, layout="channels_last")}, out_features=(2, 6), label_smoothing=0.1),
    _case("vector", {"input": array(3), "target": values(2)}, bias=True),
    _case("vector-soft", {"input": array(3), "target": uniform(5)}, weight=WEIGHT),
    *(_case(f"chunked-{r}", LABELS, reduction=r, bias=True, options=_options(batch_chunk_size=2)) for r in REDUCTIONS),
    *(_case(f"chunked-weighted-{r}", {"input": array(7, 3), "target": IGNORED}, reduction=r, weight=WEIGHT, options=_options()) for r in REDUCTIONS),
    _case("chunked-one-a-row", {"input": array(7, 3), "target": IGNORED}, options=_options(chunking_method="aspect_ratio:9")),
    _case("chunked-larger", LABELS, options=_options(batch_chunk_size=100)),
    _case("chunked-whole", LABELS, options=_options(chunking_method=None)),
    _case("chunked-vector", {"input": array(3), "target": values(2)}, options=_options()),
    Case(TARGET, "trained", config={"in_features": 3, "num_classes": 5, "bias": True}, inputs=LABELS, training=True, steps=3),
    Case(
        TARGET, "chunked-trained", config={"in_features": 3, "num_classes": 5, "options": _options(batch_chunk_size=3)}, inputs=LABELS, training=True, steps=3
    ),
]
