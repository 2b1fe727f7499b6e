"""A small ResNet's weights from a file; another model's, surplus ones, noise and a pickle with code are refused and change nothing."""

from parity.case import DemoCase, image

CASES = [DemoCase("checkpoints.pretrained:observe_pretrained", inputs={"x": image(2, 3, 33, 40)})]
