r"""Names that the notes misspell, look for in the wrong place, or that are old by now.

Shapes: a scalar weight; predictions and labels (n,).

>>> told = misspelled()
>>> told["learning_rate_error"]
"TypeError: SGD.__init__() got an unexpected keyword argument 'learning_rate'"

Source: the notes: `learning_rate=0.01`, `torch.nn.Adam`, `optimizer.zeor_grad()`, `Range(200)`, `forwad(input)`, `model.paramenters()`, `r.random.randn`;
`size_average=False`, `F.sigmoid`, `tensorboardX`; `models.vgg16(pretrained=True)`, `transforms.Scale`, `transforms.RandomSizedCrop`.
"""

import importlib
import warnings

import numpy as np
import torch
from torch import Tensor

from torch_ref.tensors._refusal import attempt


def misspelled() -> dict[str, bool | str | None]:
    """Each is tried, and then the right word."""
    weight = torch.nn.Parameter(torch.zeros(()))
    optimizer, model = torch.optim.SGD([weight], lr=0.01), torch.nn.Linear(1, 1)
    return {
        **attempt("learning_rate", lambda: torch.optim.SGD([weight], learning_rate=0.01)),
        **attempt("lr", lambda: torch.optim.SGD([weight], lr=0.01)),
        **attempt("adam_among_layers", lambda: torch.nn.Adam([weight])),
        **attempt("adam_among_optimizers", lambda: torch.optim.Adam([weight])),
        **attempt("zeor_grad", lambda: optimizer.zeor_grad()),
        **attempt("zero_grad", lambda: optimizer.zero_grad()),
        **attempt("paramenters", lambda: model.paramenters()),
        **attempt("range_with_capital", lambda: eval("Range(200)")),
        **attempt("forwad", lambda: eval("forwad(input)")),
        **attempt("random_of_random", lambda: np.random.random.randn(1000, 2, 3)),
    }


def old_names(prediction: Tensor, labels: Tensor) -> dict[str, Tensor | bool | str | None]:
    """Old words and present ones, where both still run with the same result."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch says that they are old
        summed = torch.nn.MSELoss(size_average=False)(prediction, labels)
    return {
        "size_average_false": summed,
        "reduction_sum": torch.nn.MSELoss(reduction="sum")(prediction, labels),
        "functional_sigmoid": torch.nn.functional.sigmoid(prediction),
        "sigmoid": torch.sigmoid(prediction),
        **attempt("tensorboardx", lambda: importlib.import_module("tensorboardX")),
    }


def torchvision_names() -> dict[str, bool | str | int | None]:
    """torchvision's old words and present ones; `pretrained=True` would ask for a download, `pretrained=False` shows the same."""
    from torch_ref.errata._torchvision import torchvision

    models, transforms = torchvision().models, torchvision().transforms
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        pretrained = attempt("pretrained", lambda: models.squeezenet1_1(pretrained=False))
    return {
        **pretrained,
        "pretrained_is_told_to_be_old": any("'pretrained' is deprecated" in str(one.message) for one in told),
        **attempt("weights", lambda: models.squeezenet1_1(weights=None)),
        **attempt("scale", lambda: transforms.Scale(4)),
        **attempt("resize", lambda: transforms.Resize(4)),
        **attempt("random_sized_crop", lambda: transforms.RandomSizedCrop(4)),
        **attempt("random_resized_crop", lambda: transforms.RandomResizedCrop(4)),
    }
