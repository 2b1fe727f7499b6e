"""PyTorch behind `Framework`."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from parity.case import Layout
from parity.frameworks.base import NOTHING, Backward, FrameworkError, Slot, tf32_wanted
from parity.weights import same


class Torch:
    name = "torch"
    parameter_type = torch.nn.Parameter

    def __init__(self) -> None:
        self.device = torch.device("cpu")

    def configure(self, device: str, threads: int | None = None) -> None:
        if device != "cpu" and not torch.cuda.is_available():
            raise FrameworkError(f"device {device!r}: torch {torch.__version__} sees no GPU here; use --device cpu, or record this side on a machine with one.")
        self.device = torch.device(device)
        if threads is not None:
            torch.set_num_threads(threads)
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32_wanted()
        torch.backends.cudnn.benchmark = False
        torch.backends.cudnn.deterministic = True
        torch.backends.mha.set_fastpath_enabled(False)  # it answers 0 where there is padding, and only without gradients

    def made(self) -> dict[str, Any]:
        import platform

        return {
            "framework": "torch",
            "torch": torch.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
            "machine": platform.machine(),
            "device": str(self.device),
            "device_name": torch.cuda.get_device_name(self.device) if self.device.type == "cuda" else platform.processor() or platform.machine(),
            "threads": torch.get_num_threads(),
            "flags": {
                "tf32_matmul": torch.backends.cuda.matmul.allow_tf32,
                "tf32_convolution": torch.backends.cudnn.allow_tf32,
                "cudnn_deterministic": torch.backends.cudnn.deterministic,
                "cudnn_benchmark": torch.backends.cudnn.benchmark,
                "deterministic_algorithms": torch.are_deterministic_algorithms_enabled(),
                "onednn": torch.backends.mkldnn.is_available(),
            },
        }

    @contextlib.contextmanager
    def precision(self, dtype: str) -> Iterator[None]:
        before = torch.get_default_dtype()
        torch.set_default_dtype(getattr(torch, dtype))
        try:
            with self.device if self.device.type != "cpu" else contextlib.nullcontext():  # it would take every call through Python
                yield
        finally:
            torch.set_default_dtype(before)

    def seed(self, seed: int) -> None:
        torch.manual_seed(seed)

    def tensor(self, array: np.ndarray, layout: Layout = "same") -> torch.Tensor:
        tensor = torch.from_numpy(np.array(array, order="C"))  # a copy: the model may write into it
        return tensor.to(self.device, torch.get_default_dtype() if tensor.is_floating_point() else None)

    def detached(self, value: Any) -> Any:
        """The same structure without gradients."""
        from parity.frameworks.torch_tracing import mapped

        return mapped(value, lambda t: t.detach() if isinstance(t, torch.Tensor) else t)

    def parameters_taken(self, op: Any) -> list[torch.nn.Parameter]:
        """What a recorded operation is given of parameters themselves."""
        from parity.frameworks.torch_tracing import mapped

        found: list[torch.nn.Parameter] = []
        mapped((op.args, op.kwargs), lambda item: found.append(item) if isinstance(item, torch.nn.Parameter) else None)
        return found

    def parameter_of(self, array: np.ndarray) -> torch.nn.Parameter:
        """A parameter of the array's own type."""
        return torch.nn.Parameter(self.plain(array))

    def plain(self, array: np.ndarray) -> torch.Tensor:
        """The array as it is, in its own type."""
        return torch.from_numpy(np.array(array, order="C"))

    def array(self, tensor: torch.Tensor, layout: Layout = "same") -> np.ndarray:
        tensor = tensor.detach().cpu()
        if tensor.dtype is torch.bfloat16:
            import ml_dtypes

            return tensor.contiguous().view(torch.uint16).numpy().view(ml_dtypes.bfloat16).copy()
        return np.array(tensor.resolve_conj().numpy(), order="C")

    def shared(self, tensor: torch.Tensor) -> np.ndarray:
        """The tensor's own memory as an array, where NumPy can share it, else a copy; not to be written to."""
        tensor = tensor.detach()
        if tensor.device.type != "cpu" or tensor.layout is not torch.strided or tensor.dtype is torch.bfloat16 or tensor.is_conj() or tensor.is_neg():
            return self.array(tensor)
        array: np.ndarray = tensor.numpy()
        return array

    def park(self, model: torch.nn.Module) -> None:
        """Gradients are dropped and large weights lie in files from now on: the model computes as before, at the price of reading them."""
        from parity.frameworks.torch_tracing import kept

        for tensor in [*model.parameters(), *model.buffers()]:
            tensor.grad = None
            if tensor.device.type == "cpu":
                tensor.data = kept(tensor.data)

    def is_tensor(self, value: Any) -> bool:
        return isinstance(value, torch.Tensor)

    def parameter(self, array: np.ndarray, name: str) -> torch.nn.Parameter:
        return torch.nn.Parameter(self.tensor(array))

    def is_model(self, value: Any) -> bool:
        return isinstance(value, torch.nn.Module)

    def call(self, model: Any, inputs: Sequence[Any], training: bool, arguments: Mapping[str, Any] = NOTHING) -> Any:
        if isinstance(model, torch.nn.Module):
            model.train(training)
        return model(*inputs, **arguments)

    def call_mapping(self, model: Any, inputs: Mapping[str, Any], training: bool) -> Any:
        model.train(training)
        return model(**inputs)

    def prepare(self, model: Any, inputs: Sequence[Any], arguments: Mapping[str, Any] = NOTHING) -> None:
        model.to(self.device, torch.get_default_dtype())
        if any(map(torch.nn.parameter.is_lazy, [*model.parameters(), *model.buffers()])):  # sizes come with the first call
            with torch.no_grad():
                self.call(model, inputs, False, arguments)

    @contextlib.contextmanager
    def restored(self) -> Iterator[None]:
        """The process' flags, which `configure` sets, are put back."""
        cuda, cudnn, mha = torch.backends.cuda.matmul, torch.backends.cudnn, torch.backends.mha
        before = cuda.allow_tf32, cudnn.allow_tf32, cudnn.benchmark, cudnn.deterministic, mha.get_fastpath_enabled()
        generator = torch.get_rng_state()
        try:
            yield
        finally:
            cuda.allow_tf32, cudnn.allow_tf32, cudnn.benchmark, cudnn.deterministic = before[:4]
            mha.set_fastpath_enabled(before[4])
            torch.set_rng_state(generator)

    def moved(self, model: torch.nn.Module, dtype: str) -> torch.nn.Module:
        """The model itself on the device and in this float type."""
        return model.to(self.device, getattr(torch, dtype))

    def load(self, model: torch.nn.Module, state: Mapping[str, np.ndarray]) -> None:
        """Parameters and buffers from arrays under their state_dict names."""
        for name, tensor in model.state_dict(keep_vars=True).items():
            if name in state:
                self.assign(tensor, state[name])

    @contextlib.contextmanager
    def cast(self, model: torch.nn.Module, dtype: str) -> Iterator[torch.nn.Module]:
        yield copy.deepcopy(model).to(self.device, getattr(torch, dtype))

    def slots(self, model: torch.nn.Module) -> list[Slot]:
        found = []
        for prefix, module in model.named_modules():
            if isinstance(module, torch.nn.modules.loss._Loss):
                continue  # class weights are configuration that torch happens to keep as buffers
            for name, parameter in module.named_parameters(prefix, recurse=False):
                found.append(Slot(parameter, (name,), same(name), parameter.requires_grad, prefix))
            for name, buffer in module.named_buffers(prefix, recurse=False):
                if name.rpartition(".")[2] not in module._non_persistent_buffers_set:
                    idle = name.endswith("num_batches_tracked") and getattr(module, "momentum", None) is not None
                    found.append(Slot(buffer, (name,), same(name), False, prefix, idle))
        return found

    def read(self, variable: torch.Tensor) -> np.ndarray:
        return self.array(variable).copy()

    def assign(self, variable: torch.Tensor, array: np.ndarray) -> None:
        with torch.no_grad():
            variable.copy_(torch.from_numpy(np.array(array, order="C")))

    def backward(
        self, function: Callable[..., Any], objective: Callable[[Any], Any], inputs: Sequence[Any], wrt: Sequence[int], variables: Sequence[Any]
    ) -> Backward:
        leaves = [tensor.detach().clone().requires_grad_(i in wrt) if isinstance(tensor, torch.Tensor) else tensor for i, tensor in enumerate(inputs)]
        outputs = function(*[leaf.clone() if i in wrt else leaf for i, leaf in enumerate(leaves)])  # a clone, because a model may write in place
        value = objective(outputs)
        asked = [leaves[i] for i in wrt] + list(variables)
        gradients: list[Any]
        if asked and value is not None and value.requires_grad:
            gradients = list(torch.autograd.grad(value, asked, allow_unused=True))
            gradients = [g.to_dense() if g is not None and g.is_sparse else g for g in gradients]
        else:
            gradients = [None] * len(asked)
        return Backward(outputs, value, gradients[: len(wrt)], gradients[len(wrt) :])

    def inner(self, tensor: torch.Tensor, cotangent: torch.Tensor) -> torch.Tensor:
        return (tensor * cotangent).sum()

    def optimizer(self, factory: Callable[..., Any], config: Mapping[str, Any], variables: Sequence[Any]) -> Any:
        return factory(list(variables), **config)

    def apply(self, optimizer: Any, gradients: Sequence[Any], variables: Sequence[Any]) -> None:
        for variable, gradient in zip(variables, gradients, strict=True):
            variable.grad = None if gradient is None else gradient.detach().clone()
        optimizer.step()

    def set_learning_rate(self, optimizer: Any, value: float) -> None:
        for group in optimizer.param_groups:
            group["lr"] = value

    def state(self, optimizer: Any, variable: Any) -> dict[str, np.ndarray]:
        return {
            name: self.array(value) if isinstance(value, torch.Tensor) else np.asarray(value)
            for name, value in optimizer.state.get(variable, {}).items()
            if value is not None
        }

    def trainer(self, model: Any, loss: Callable[[Any, Any], Any], optimizer: Any, variables: Sequence[Any]) -> Callable[[Any, Any], tuple[float, float]]:
        def step(inputs: torch.Tensor, labels: torch.Tensor) -> tuple[float, float]:
            model.train()
            optimizer.zero_grad()
            outputs = model(inputs)
            value = loss(outputs, labels)
            value.backward()
            optimizer.step()
            right = (outputs.detach() - labels).abs() < 0.5 if labels.is_floating_point() else outputs.argmax(-1) == labels
            return value.item(), right.to(torch.float64).mean().item()

        return step


TORCH = Torch()
