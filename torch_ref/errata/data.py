r"""What the notes say of data, files and types, run.

Shapes: images (3, h, w), logits (n, c).

>>> told = files_and_types(torch.zeros(2, 3))
>>> told["char_tensor_to_numpy_raised"], told["whole_model_loaded_raised"]
(False, True)

Source: the notes: "CPU上的所有张量(CharTensor除外)都支持与Numpy的相互转换", "label在当前版本的torch下需要用int64", `torch.load('model.pth')`,
"取值范围是[0,1,0]的torch.FloatTensor", `CenterCrop(10)` followed by `RandomCrop(20, padding=0)`, `def __init__():`, "选择第一行和第三行的数据".
"""

import tempfile
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from torch_ref.tensors._refusal import attempt
from torch_ref.transforms import CenterCrop, Compose, RandomCrop, ToTensor


def files_and_types(logits: Tensor) -> dict[str, bool | str | None]:
    """8-bit integers to NumPy; 32-bit labels; a whole model from a file."""
    labels = torch.zeros(len(logits), dtype=torch.int32)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "model.pth"
        torch.save(torch.nn.Linear(2, 2), path)
        told = attempt("whole_model_loaded", lambda: torch.load(path))
    return {
        **attempt("char_tensor_to_numpy", lambda: torch.zeros(2, dtype=torch.int8).numpy()),
        **attempt("int32_labels", lambda: functional.cross_entropy(logits, labels)),
        **attempt("int64_labels", lambda: functional.cross_entropy(logits, labels.long())),
        **told,
    }


def ranges(image: Tensor) -> dict[str, Tensor | list[float]]:
    """Bytes from 0 to 255 through ToTensor: least and largest."""
    bytes_ = (image * 255).to(torch.uint8).permute(1, 2, 0).cpu().numpy()
    bytes_[0, 0, 0], bytes_[-1, -1, -1] = 0, 255
    tensor = ToTensor()(bytes_)
    return {"range": [float(tensor.min()), float(tensor.max())], "mean": tensor.mean()}


def pipeline(image: Tensor) -> dict[str, bool | str | list[int] | None]:
    """The notes' Compose: 10 pixels cannot hold a crop of 20."""
    notes, mended = (Compose([CenterCrop(n), RandomCrop(20, padding=0)]) for n in (10, 24))
    return {**attempt("notes", lambda: notes(image)), "mended": list(mended(image).shape[-2:])}


def samples() -> dict[str, bool | str | list[int] | None]:
    """A constructor without `self`; the "first and third" rows of `index = [1, 3]`."""

    class TestDataset(torch.utils.data.Dataset):
        def __init__():
            pass

    rows = torch.arange(5)[:, None].expand(5, 2)
    return {**attempt("no_self", TestDataset), "rows_chosen": torch.index_select(rows, 0, torch.tensor([1, 3]))[:, 0].tolist()}
