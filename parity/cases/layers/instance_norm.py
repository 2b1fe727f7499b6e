"""Instance normalisation: both modes, with and without running statistics and learned parameters."""

from parity.case import Case, image


def _case(name: str, draw, *, target: str = "InstanceNorm2d", training: bool = True, steps: int = 0, **config) -> Case:
    words = {"num_features": draw.shape[1 if draw.layout == "channels_last" else 0], **config}
    inputs = {"input": draw}
    return Case(f"layers.instance_norm:{target}", name, config=words, inputs=inputs, training=training, steps=steps, output_layout=draw.layout)


CASES = [
    _case("default", image(2, 3, 4, 5)),
    _case("eval", image(2, 3, 4, 5, mean=3.0), training=False),
    _case("affine", image(2, 3, 4, 5, mean=3.0), affine=True, steps=2),
    _case("no-bias", image(2, 3, 4, 5), affine=True, bias=False),
    _case("running", image(3, 2, 4, 5, mean=3.0), track_running_stats=True),
    _case("running-affine", image(3, 2, 4, 5, mean=3.0), track_running_stats=True, affine=True, steps=2),
    _case("running-eval", image(3, 2, 4, 5), track_running_stats=True, affine=True, training=False),
    _case("momentum", image(3, 2, 4, 5, mean=3.0), track_running_stats=True, momentum=0.75),
    _case("two-values", image(3, 2, 1, 2), track_running_stats=True),  # n/(n-1) is 2
    _case("small-variance", image(2, 3, 4, 5, std=0.01)),  # where eps shows
    _case("eps", image(2, 3, 4, 5, std=0.1), eps=0.125),
    _case("unbatched", image(3, 4, 5, batched=False), affine=True),
    _case("signal", image(2, 3, 7), target="InstanceNorm1d", affine=True, track_running_stats=True),
    _case("signal-unbatched", image(3, 7, batched=False), target="InstanceNorm1d"),
    _case("volume", image(2, 3, 2, 4, 5), target="InstanceNorm3d", affine=True, track_running_stats=True),
]
