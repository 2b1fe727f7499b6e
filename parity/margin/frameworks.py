"""Right pairs of the two frameworks themselves: generated cases, other than the built-in ones, of concepts whose twins exist."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from parity.case import Case, array, image, labels
from parity.comparison import compare
from parity.margin.probe import Outcome, generator
from parity.margin.right import Rng, any_scale, size
from parity.verdict import Measure, Verdict


def conv(rng: Rng) -> Case:
    n, c, k, stride = size(rng, 1, 4), size(rng, 1, 20), size(rng, 1, 5), size(rng, 1, 4)
    words = {"in_channels": c, "out_channels": size(rng, 1, 40), "kernel_size": k, "stride": stride, "padding": size(rng, 0, k)}
    return Case("layers.conv:Conv2d", config=words, inputs={"input": image(n, c, size(rng, 5, 14), size(rng, 5, 14), std=any_scale(rng))})


def linear(rng: Rng) -> Case:
    m = size(rng, 1, 600)
    return Case("layers.linear:Linear", config={"in_features": m, "out_features": size(rng, 1, 100)}, inputs={"input": array(size(rng), m, std=any_scale(rng))})


def batch_norm(rng: Rng) -> Case:
    c, std = size(rng, 1, 20), any_scale(rng)
    x = image(size(rng, 2, 8), c, size(rng, 2, 9), size(rng, 2, 9), mean=std * rng.uniform(-3, 3), std=std)
    return Case("layers.batch_norm:BatchNorm2d", config={"num_features": c}, inputs={"input": x}, training=bool(rng.integers(2)))


def layer_norm(rng: Rng) -> Case:
    n, std = size(rng, 2, 200), any_scale(rng)
    return Case("layers.layer_norm:LayerNorm", config={"normalized_shape": n}, inputs={"input": array(size(rng), n, mean=std * rng.uniform(-3, 3), std=std)})


def recurrent(target: str) -> Callable[[Rng], Case]:
    def case(rng: Rng) -> Case:
        m = size(rng, 1, 16)
        words = {"input_size": m, "hidden_size": size(rng, 1, 40), "num_layers": size(rng, 1, 4), "bidirectional": bool(rng.integers(2))}
        return Case(target, config=words, inputs={"input": array(size(rng, 1, 12), size(rng, 1, 5), m)})

    return case


def activation(target: str) -> Callable[[Rng], Case]:
    return lambda rng: Case(target, inputs={"input": array(size(rng), size(rng), std=float(10 ** rng.uniform(-6, 1)))})


def cross_entropy(rng: Rng) -> Case:
    n, k = size(rng, 1, 200), size(rng, 2, 60)
    return Case("losses.cross_entropy:CrossEntropyLoss", inputs={"input": array(n, k, std=float(10 ** rng.uniform(-6, 1.5))), "target": labels(n, classes=k)})


CASES = {
    "conv": conv,
    "linear": linear,
    "batch_norm": batch_norm,
    "layer_norm": layer_norm,
    "lstm": recurrent("layers.lstm:LSTM"),
    "gru": recurrent("layers.gru:GRU"),
    "gelu": activation("activations.gelu:GELU"),
    "silu": activation("activations.silu:SiLU"),
    "cross_entropy": cross_entropy,
}


def judge_frameworks(each: int) -> Iterator[Outcome]:
    """Every row of `each` generated cases of every kind: outputs, gradients and buffers.

    Raises:
        FrameworkError: a framework is not installed.
    """
    from parity.recording import record_case

    for kind, generate in CASES.items():
        for i in range(each):
            case = generate(generator("frameworks", kind, i))
            traces = [record_case(case, framework, dtype, seed=i) for framework in ("torch", "keras") for dtype in ("float64", "float32")]
            for row in compare(*traces).rows:
                if row.verdict is not Verdict.VACUOUS:
                    m = Measure(row.difference, row.torch_error, row.keras_error, row.scale)
                    yield Outcome(f"{kind} {row.role} {row.name}", row, float(m.excess), float(m.keras_error / m.visible) if m.visible else 0.0)
