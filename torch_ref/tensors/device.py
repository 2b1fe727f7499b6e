r"""Where tensors and models live: choosing, moving, and what refuses to mix.

    device = torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    model.to(device)
    for image, label in loader:
        image, label = image.to(device), label.to(device)

Shapes: x (n, d).

>>> import torch
>>> told = moving(torch.ones(2, 3))
>>> told["tensor_to_its_own_device_is_itself"], told["model_to_returns_itself"]
(True, True)

Source: the notes, "GPU计算" and "桥接Numpy" (`.to("cpu", torch.double)`).
"""

import torch
from torch import Tensor

from torch_ref.tensors._refusal import attempt


def chosen(x: Tensor) -> dict[str, Tensor | bool | str]:
    """The notes' `"cuda:0" if torch.cuda.is_available() else "cpu"`, and a computation there, brought back to NumPy."""
    device = torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    y = 2 * x.to(device) + 1
    return {"is_gpu_if_there_is_one": (device.type == "cuda") == torch.cuda.is_available(), "result_is_there": y.device == device, "back": y.cpu().numpy()}


def moving(x: Tensor) -> dict[str, Tensor | bool | str | None]:
    """A model moves in place, a tensor does not; a move to where it is costs nothing, a change of type copies."""
    device = x.device
    model = torch.nn.Linear(x.shape[1], 2)
    moved = model.to(device)
    double = x.to(device, torch.double)
    return {
        "tensor_to_its_own_device_is_itself": x.to(device) is x,
        "model_to_returns_itself": moved is model,
        "type_changes_on_the_way": str(double.dtype).removeprefix("torch."),
        "double": double,
        "model_and_batch_on_one_device": next(model.parameters()).device == device and model(x).device == device,
        **attempt("device_that_is_not_there", lambda: x.to("cuda:99")),
        **attempt("no_such_device", lambda: x.to("abacus")),
    }
