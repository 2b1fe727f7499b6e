"""Batch normalisation: evaluation with arbitrary statistics, training with buffers, every way of averaging them."""

from parity.case import Case, array, image


def _case(name: str, draw, *, target: str = "BatchNorm2d", training: bool = True, steps: int = 0, **config) -> Case:
    return Case(f"layers.batch_norm:{target}", name, config={"num_features": draw.shape[1], **config}, inputs={"input": draw}, training=training, steps=steps)


CASES = [
    Case("layers.batch_norm:BatchNorm2d", "eval", config={"num_features": 5}, inputs={"input": image(3, 5, 7, 6)}),
    _case("train", image(3, 5, 7, 6, mean=4.0), steps=3),  # far from zero: where a float32 variance fails
    _case("two-values", image(2, 3, 1, 1)),  # n/(n-1) is 2
    _case("one-image", image(1, 2, 3, 4)),
    _case("small-variance", image(4, 3, 5, 2, std=0.01)),  # where eps shows
    _case("eps", image(2, 3, 4, 5, std=0.1), eps=0.125),
    _case("momentum", image(2, 3, 4, 5, mean=-1.0), momentum=0.75),
    _case("momentum-none", image(2, 3, 4, 5, mean=2.0), momentum=None, steps=3),
    _case("no-affine", image(3, 2, 4, 9), affine=False),
    _case("no-affine-eval", image(3, 2, 4, 9), affine=False, training=False),
    _case("no-bias", image(2, 3, 4, 5), bias=False),
    _case("no-statistics", image(3, 2, 4, 5, mean=1.0), track_running_stats=False),
    _case("no-statistics-eval", image(3, 2, 4, 5, mean=1.0), track_running_stats=False, training=False),
    _case("vectors", array(6, 4, mean=3.0), target="BatchNorm1d", steps=2),
    _case("vectors-eval", array(1, 4), target="BatchNorm1d", training=False),
    _case("signals", image(3, 4, 5), target="BatchNorm1d", momentum=0.5),
    _case("signals-equal-axes", image(2, 5, 5), target="BatchNorm1d"),  # the wrong axis would fit
    _case("volumes", image(2, 3, 2, 4, 5), target="BatchNorm3d"),
    _case("volumes-eval", image(2, 3, 2, 4, 5), target="BatchNorm3d", training=False, eps=0.01),
]
