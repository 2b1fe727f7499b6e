"""Local response normalisation: odd and even windows, windows beyond the channels, AlexNet's numbers."""

from parity.case import Case, image


def _case(name: str, size: int, draw, **config) -> Case:
    return Case("layers.local_response_norm:LocalResponseNorm", name, config={"size": size, **config}, inputs={"input": draw})


CASES = [
    _case("default", 5, image(2, 7, 3, 4)),
    _case("alexnet", 5, image(2, 8, 3, 4, std=30.0), alpha=1e-4, beta=0.75, k=2.0),
    _case("strong", 3, image(2, 5, 3, 4), alpha=2.0, beta=0.5),  # where α/size shows
    _case("even-window", 4, image(2, 7, 3, 4), alpha=2.0),
    _case("window-beyond-channels", 7, image(2, 3, 4, 5), alpha=2.0, beta=1.5),
    _case("one", 1, image(2, 3, 4, 5), alpha=0.5),
    _case("signal", 3, image(2, 5, 7), alpha=2.0),
    _case("volume", 3, image(1, 4, 2, 3, 5), alpha=2.0, k=0.5),
]
