r"""The notes' networks and tests that do not run, run: what is raised, and the line that mends it.

Shapes: images (n, 3, h, w).

>>> double_conv()["notes_error"]
'RuntimeError: Given groups=1, weight of size [64, 3, 3, 3], expected input[4, 64, 158, 158] to have 3 channels, but got 64 channels instead'

Source: the notes, "Module直接构建" (`self.conv` for `conv1`), "Sequential构建" (1984 inputs; `.view` whose result is dropped), `super.__init__()`,
"Pytorch_已解决问题_1" (DoubleConv), `x_test = torch.tensor([[4, 0]])`, "torch.nn只支持小批量处理", "eval", PSPNet at 1/4 (the paper: 1/8).
"""

import torch
from torch import Tensor
from torch.nn import functional

from torch_ref.models.pspnet import PSPNet
from torch_ref.tensors._refusal import attempt


def double_conv() -> dict[str, bool | str | list[int] | None]:
    """The second convolution takes what the first puts out."""
    image = torch.zeros(4, 3, 160, 160)

    def block(second_in: int) -> torch.nn.Sequential:
        first, second = torch.nn.Conv2d(3, 64, 3), torch.nn.Conv2d(second_in, 64, 3)
        return torch.nn.Sequential(first, torch.nn.ReLU(), second, torch.nn.ReLU())

    return {**attempt("notes", lambda: block(3)(image)), "mended": list(block(64)(image[:1, :, :8, :9]).shape)}


def networks(image: Tensor) -> dict[str, bool | str | list[int] | None]:
    """Attribute that is not there, a flattening that is thrown away, a constructor of the class `super`."""

    class Attribute(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv1 = torch.nn.Conv2d(3, 32, 3, 1, 1)

        def forward(self, x: Tensor) -> Tensor:
            return functional.max_pool2d(torch.relu(self.conv(x)), kernel_size=2)

    class Dropped(torch.nn.Module):
        def __init__(self, features: int, keep: bool) -> None:
            super().__init__()
            self.conv = torch.nn.Sequential(torch.nn.Conv2d(3, 32, 3, 1, 1), torch.nn.ReLU(), torch.nn.MaxPool2d(2, 1))
            self.dense, self.keep = torch.nn.Linear(features, 10), keep

        def forward(self, x: Tensor) -> Tensor:
            out = self.conv(x)
            flat = out.view(out.size(0), -1)
            return self.dense(flat if self.keep else out)

    class Super(torch.nn.Module):
        def __init__(self) -> None:
            super.__init__()

    height, width = image.shape[2:]
    return {
        **attempt("conv_for_conv1", lambda: Attribute()(image)),
        **attempt("view_dropped", lambda: Dropped(1984, keep=False)(image)),
        **attempt("inputs_1984", lambda: Dropped(1984, keep=True)(image)),
        **attempt("super_without_call", Super),
        "mended": list(Dropped(32 * (height - 1) * (width - 1), keep=True)(image).shape),
    }


def prediction_at_four() -> dict[str, bool | str | None]:
    """`x_test = [[4, 0]]` has two features, and integers; [[4.0]] was meant."""
    model = torch.nn.Linear(1, 1)
    return {
        **attempt("two_features", lambda: model(torch.tensor([[4.0, 0.0]]))),
        **attempt("integers", lambda: model(torch.tensor([[4]]))),
        **attempt("one_number", lambda: model(torch.tensor([[4.0]]))),
    }


def mini_batches(image: Tensor) -> dict[str, bool | str | list[int] | None]:
    """ "Only mini-batches": an image without a batch axis, today."""
    layer = torch.nn.Conv2d(3, 4, 3)
    return {**attempt("single_image", lambda: layer(image[0])), "with_unsqueeze": list(layer(image[0].unsqueeze(0)).shape[-2:])}


def evaluation(x: Tensor) -> dict[str, Tensor | bool]:
    """`eval()` changes layers; the graph is recorded as before, until `no_grad`."""
    w = torch.ones(x.shape[1], 2, dtype=x.dtype, requires_grad=True)
    model = torch.nn.Dropout(0.5).eval()
    output = model(x @ w)
    (gradient,) = torch.autograd.grad(output.sum(), w)
    with torch.no_grad():
        untracked = model(x @ w)
    return {"gradient_in_eval": gradient, "dropout_off": torch.equal(output, x @ w), "tracked_without_grad": untracked.requires_grad}


def pyramid_resolution(image: Tensor) -> dict[str, list[int]]:
    """How many input pixels to one of PSPNet's features, stage by stage: the pyramid sees 1/8, 1/4 is what stage 1 gives."""
    net = PSPNet(layers=(1, 1, 1, 1), width=4, hidden=8).eval()
    found, x = {}, image
    for name in ("layer0", "layer1", "layer2", "layer3", "layer4"):
        x = getattr(net, name)(x)
        found[name] = [before // after for before, after in zip(image.shape[2:], x.shape[2:], strict=True)]
    return found
