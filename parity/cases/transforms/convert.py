"""There and back: colour, grey, values outside 0 to 1."""

from parity.case import DemoCase, uniform

CASES = [
    DemoCase("transforms.convert:there_and_back", name, inputs={"image": uniform(*shape, low=-0.2, high=1.1, layout="channels_last_unbatched")})
    for name, shape in (("colour", (3, 5, 7)), ("grey", (1, 6, 4)))
]
