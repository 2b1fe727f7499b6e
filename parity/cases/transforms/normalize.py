"""Normalising: three channels, the notes' to [-1, 1], one channel, far scales."""

from parity.case import Case, image


def _case(name: str, channels: int, mean, std) -> Case:
    return Case("transforms.normalize:Normalize", name, config={"mean": mean, "std": std}, inputs={"image": image(2, channels, 4, 5)})


CASES = [
    _case("imagenet", 3, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    _case("notes", 3, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    _case("grey", 1, (0.1307,), (0.3081,)),
    _case("far", 2, (-100.0, 1e-3), (1e-3, 1e4)),
]
