"""A state by PyTorch's names into both frameworks and back; states that do not fit."""

from parity.case import DemoCase, image

CASES = [DemoCase("saving.state_dict:observe_loading", "60-minute-net", inputs={"x": image(2, 1, 32, 32)})]
