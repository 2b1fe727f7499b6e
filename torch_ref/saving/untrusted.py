"""Files from elsewhere: what would run code is refused, what is cut off is refused, and a refused file leaves the model as it was.

Shapes: none; the model is one Linear layer.

>>> told = observe_untrusted()
>>> told["whole_model_raised"], told["code_ran"], told["cut_off_raised"], told["left_as_it_was"]
(True, False, True, True)

The notes save the whole model (`torch.save(model)`), which is a pickle: to read it is to run whatever its author wrote. Since 2.6 `torch.load` refuses that by
default; `weights_only=False` runs it.

Source: the notes, "Saving and Loading Models with Shapes"; PyTorch's documentation, "torch.load".
"""

import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from torch_ref.tensors._refusal import attempt


class _Writes:
    """A pickle that creates a file when it is read."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (Path(self.path),)


def observe_untrusted() -> dict[str, bool | str | None]:
    """What this framework's loaders do, found by giving them such files."""
    model = nn.Linear(3, 2)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    told: dict[str, bool | str | None] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        torch.save(model, folder / "model.pt")
        told |= attempt("whole_model", lambda: torch.load(folder / "model.pt"))
        torch.save({"weight": _Writes(str(folder / "ran"))}, folder / "evil.pt")
        told["evil_raised"] = attempt("evil", lambda: model.load_state_dict(torch.load(folder / "evil.pt")))["evil_raised"]
        told["code_ran"] = (folder / "ran").exists()
        torch.load(folder / "evil.pt", weights_only=False)
        told["code_runs_if_asked_to"] = (folder / "ran").exists()

        torch.save(model.state_dict(), folder / "weights.pt")
        save_file(model.state_dict(), folder / "weights.safetensors")
        for label, path, load in (("cut_off", folder / "weights.pt", torch.load), ("cut_off_safetensors", folder / "weights.safetensors", load_file)):
            path.write_bytes(path.read_bytes()[:-20])
            told[f"{label}_raised"] = attempt("x", lambda load=load, path=path: model.load_state_dict(load(path)))["x_raised"]
        told["absent_raised"] = attempt("x", lambda: torch.load(folder / "absent.pt"))["x_raised"]
    told["left_as_it_was"] = all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    told["whole_model_error"] = (told["whole_model_error"] or "").partition(":")[0]
    return told
