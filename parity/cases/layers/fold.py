"""Windows as columns and back: every argument, several channels, overlapping windows, a rest that no window reaches."""

from parity.case import Case, image


def _case(target: str, name: str, draw, **config) -> Case:
    return Case(f"layers.fold:{target}", name, config=config, inputs={"input": draw}, output_layout=draw.layout)


CASES = [
    _case("Unfold", "default", image(2, 3, 4, 5), kernel_size=2),
    _case("Unfold", "unequal", image(2, 2, 6, 7), kernel_size=(2, 3), stride=(3, 2), padding=(1, 0)),
    _case("Unfold", "dilated", image(1, 2, 7, 6), kernel_size=(3, 2), dilation=(2, 3), padding=4),
    _case("Unfold", "unbatched", image(3, 4, 5, batched=False), kernel_size=2, stride=2),
    _case("Fold", "default", image(2, 12, 12), output_size=(4, 5), kernel_size=2),
    _case("Fold", "unequal", image(2, 12, 9), output_size=(6, 7), kernel_size=(2, 3), stride=(3, 2), padding=(1, 0)),
    _case("Fold", "dilated", image(1, 12, 121), output_size=(7, 6), kernel_size=(3, 2), dilation=(2, 3), padding=4),
    _case("Fold", "unbatched", image(8, 4, batched=False), output_size=(4, 5), kernel_size=2, stride=2),
]
