"""PyTorch's optimizer with one thing changed to how a port may do it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch

Factory = Callable[[Any], Any]


def variants(factory: Factory, made: torch.optim.Optimizer, config: Mapping[str, Any]) -> Iterator[tuple[Factory, str, str, str]]:
    """(factory, cause, what the Keras side does, fix). `config` is the Keras optimizer's."""
    group = made.param_groups[0]
    decay = group.get("weight_decay", 0) or 0

    def with_group(**words: Any) -> Factory:
        def build(parameters: Any) -> Any:
            optimizer = factory(parameters)
            for g in optimizer.param_groups:
                g.update({k: v for k, v in words.items() if k in g})
            return optimizer

        return build

    kin = {
        "Nadam": torch.optim.NAdam,
        "Adamax": torch.optim.Adamax,
        "Adam": torch.optim.Adam,
        "SGD": torch.optim.SGD,
        "RMSprop": torch.optim.RMSprop,
        "Adagrad": torch.optim.Adagrad,
    }
    rate = config.get("learning_rate")
    for name, other in kin.items():
        if config.get("class") == name and not isinstance(made, other) and other.__name__.lower() not in type(made).__name__.lower():
            yield (
                _decoupled(_made(other, {"lr": group["lr"]}), decay, group["lr"]),
                "optimizer-other",
                f"{name} where torch has {type(made).__name__}",
                f"use {type(made).__name__}",
            )
            yield (_made(other, {"lr": group["lr"]})), "optimizer-other", f"{name} where torch has {type(made).__name__}", f"use {type(made).__name__}"
    most = max((g.get("weight_decay", 0) or 0 for g in made.param_groups), default=0)
    if (most and len(made.param_groups) > 1) or (most and not decay):
        yield with_group(weight_decay=most), "wd-on-bias-bn", f"a decay of {most} for all, which torch has for some groups only", "torch's groups"
    if decay:
        yield (
            _vectors_spared(factory),
            "wd-on-bias-bn",
            "no decay of biases and norms, which torch decays too",
            "decay all, or use two parameter groups in torch",
        )
        yield _decoupled(with_group(weight_decay=0.0), decay, 1.0), "opt-weight-decay", "a decay that is not multiplied by the learning rate", "multiply it"
    own_decay = config.get("weight_decay") or 0
    if decay:
        yield with_group(weight_decay=0.0), "opt-weight-decay", f"no weight decay where torch has {decay}", f"add weight decay {decay}"
    kinds = {torch.optim.Adam: torch.optim.AdamW, torch.optim.AdamW: torch.optim.Adam}
    for kind, other in kinds.items():
        if type(made) is kind:
            words = {k: v for k, v in group.items() if k in ("lr", "betas", "eps", "weight_decay", "amsgrad", "maximize")}
            told = "decoupled weight decay (AdamW's)" if other is torch.optim.AdamW else "coupled weight decay (Adam's)"
            cause = "adam-weight-decay"
            yield (_made(other, words)), cause, f"{told} where torch's {kind.__name__} has the other", "the same kind of decay"
    epsilons = dict.fromkeys([config.get("epsilon"), 1e-7, 1e-8, group.get("eps")])
    rates = dict.fromkeys([group.get("lr"), rate])
    if "betas" in group:
        for eps in epsilons:
            for lr in rates:
                if eps is not None and lr is not None:
                    for one in dict.fromkeys([decay, own_decay, 0.0]):
                        told = f"epsilon {eps:g} is added before the bias correction: at step 1 it acts as {eps / math.sqrt(1 - group['betas'][1]):.1e}"
                        yield _uncorrected(factory, eps, lr, one), "adam-eps-hat", told, "tf_impl.optimizers.Adam, or eps/√(1−β2^t) per step"
    if isinstance(made, torch.optim.SGD):
        momentum = group["momentum"]
        if decay:
            yield (
                _decoupled(with_group(weight_decay=0.0), decay, group["lr"]),
                "sgd-weight-decay",
                "decoupled weight decay, apart from the momentum",
                "add it to the gradient",
            )
            yield _decoupled(with_group(weight_decay=0.0), decay, 1.0), "sgd-weight-decay", "weight decay without the learning rate", "add it to the gradient"
            yield with_group(weight_decay=2 * decay), "l2-factor", f"an L2 penalty of {decay}, whose gradient is twice the decay", f"l2({decay / 2})"
            yield with_group(weight_decay=decay / 2), "l2-factor", f"half the decay {decay}", f"l2({decay / 2})"
        for other in dict.fromkeys([0.0, 0.9, 0.99, 1 - momentum]):
            yield with_group(momentum=other, nesterov=False), "opt-momentum", f"momentum {other:g} where torch has {momentum:g}", f"momentum={momentum:g}"
        yield with_group(dampening=momentum), "sgd-dampening", "the momentum dampened by 1 − momentum", "no dampening"
        told = "the gradient enters the momentum times 1 − momentum, from the first step on"
        for factor in dict.fromkeys([1 - momentum, 0.1]):
            yield _scaled_gradients(factory, factor), "sgd-dampening", told if factor == 1 - momentum else f"{factor:g} times the gradient", "no dampening"
        yield with_group(nesterov=not group["nesterov"], dampening=0), "opt-nesterov", f"nesterov={not group['nesterov']}", f"nesterov={group['nesterov']}"
    yield from _as_keras_configures(config, group, made)
    if isinstance(made, torch.optim.RMSprop):
        eps = config.get("epsilon", group["eps"])
        for value in dict.fromkeys([eps, 1e-7, 1e-8]):
            yield _inside_root(made, group, value), "rmsprop", f"epsilon {value:g} under the root, not added to it", "tf_impl.optimizers.RMSprop"
    for factor in (10.0, 0.1, 100.0, 0.01, 2.0, 0.5):
        yield with_group(lr=group["lr"] * factor), "opt-learning-rate", f"{factor:g} times torch's learning rate", f"learning_rate={group['lr']}"
    yield _clipped(factory, "value", 1.0), "clipnorm", "gradients clipped by value at 1", "do not clip"
    for norm in (0.1, 0.5, 1.0, 2.0, 5.0, 10.0):
        yield _clipped(factory, "norm", norm), "clipnorm", f"every gradient clipped to the norm {norm}", "torch clips the norm of all gradients together"
        yield _clipped(factory, "global", norm), "clipnorm", f"gradients clipped to the global norm {norm}", "do not clip"


def _made(kind: Any, words: Mapping[str, Any]) -> Factory:
    return lambda parameters: kind(parameters, **words)


class _Wrapped:
    """An optimizer with something done before or after each step."""

    def __init__(self, optimizer: Any, before: Callable[[Any, int], None] | None = None, after: Callable[[Any, int], None] | None = None) -> None:
        self.optimizer, self.before, self.after, self.count = optimizer, before, after, 0
        self.param_groups = optimizer.param_groups

    def step(self) -> None:
        self.count += 1
        if self.before is not None:
            self.before(self.optimizer, self.count)
        self.optimizer.step()
        if self.after is not None:
            self.after(self.optimizer, self.count)


def _uncorrected(factory: Factory, eps: float, rate: float, decay: float) -> Factory:
    def before(optimizer: Any, step: int) -> None:
        for group in optimizer.param_groups:
            group["eps"] = eps / math.sqrt(1 - group["betas"][1] ** step)
            group["lr"], group["weight_decay"] = rate, decay

    return lambda parameters: _Wrapped(factory(parameters), before)


def rounded_betas(factory: Factory) -> Factory:
    """Both betas rounded to float32 in the bias correction alone, as `keras.optimizers.Adam` of Keras 3.15 has them (`ops.cast` of a Python float)."""

    def before(optimizer: Any, step: int) -> None:
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            one, two = (group["betas"][i] for i in (0, 1))
            first, second = (float(torch.tensor(beta, dtype=torch.float32)) for beta in (one, two))
            group["lr"] = rate * math.sqrt((1 - second**step) / (1 - two**step)) * (1 - one**step) / (1 - first**step)

    rates: list[float] = []

    def build(parameters: Any) -> Any:
        optimizer = factory(parameters)
        rates[:] = [group["lr"] for group in optimizer.param_groups]
        return _Wrapped(optimizer, before)

    return build


def _scaled_gradients(factory: Factory, factor: float) -> Factory:
    def before(optimizer: Any, step: int) -> None:
        for group in optimizer.param_groups:
            for p in group["params"]:
                p.grad = p.grad * factor

    return lambda parameters: _Wrapped(factory(parameters), before)


def _decoupled(factory: Factory, decay: float, rate: float) -> Factory:
    def before(optimizer: Any, step: int) -> None:
        with torch.no_grad():
            for group in optimizer.param_groups:
                for p in group["params"]:
                    p.mul_(1 - decay * rate)

    return lambda parameters: _Wrapped(factory(parameters), before)


def _as_keras_configures(config: Mapping[str, Any], group: Mapping[str, Any], made: Any) -> Iterator[tuple[Factory, str, str, str]]:
    """PyTorch's optimizer of the Keras optimizer's class and with its numbers, written as Keras writes it."""
    name = config.get("class", "")
    kind = next((k for k in ("AdamW", "Adam", "SGD", "RMSprop", "Adagrad") if name.endswith(k)), None)
    rate, decay = config.get("learning_rate"), config.get("weight_decay") or 0.0
    if kind is None or not isinstance(rate, (int, float)):
        return
    mine = type(made).__name__
    same = kind.lower() == mine.lower()
    cause = {"RMSprop": "rmsprop", "Adagrad": "adagrad", "SGD": "opt-momentum"}.get(kind, "adam-eps-hat") if same else "optimizer-other"
    says = f"{name} as Keras writes it, with its own numbers" if same else f"{name} where torch has {mine}"
    fix = f"use {mine} of tf_impl.optimizers"
    if kind.startswith("Adam"):
        words = {"lr": rate, "betas": (config.get("beta_1", 0.9), config.get("beta_2", 0.999)), "amsgrad": bool(config.get("amsgrad")), "weight_decay": decay}
        written = _uncorrected(_made(torch.optim.AdamW, words), config.get("epsilon", 1e-7), rate, decay)
        yield written, cause, says, fix
        if decay:
            bare = _uncorrected(_made(torch.optim.AdamW, words), config.get("epsilon", 1e-7), rate, 0.0)
            yield _by_rank(written, bare), "wd-on-bias-bn", f"{says}, and no decay of biases and norms", "decay all, or use two parameter groups in torch"
        yield _made(torch.optim.AdamW, {**words, "eps": config.get("epsilon", 1e-7)}), cause, says, fix
    elif kind == "SGD":
        base = _made(torch.optim.SGD, {"lr": rate, "momentum": config.get("momentum", 0.0), "nesterov": bool(config.get("nesterov"))})
        yield _decoupled(base, decay, rate), cause, says, fix
    elif kind == "RMSprop":
        words = {"lr": rate, "alpha": config.get("rho", 0.9), "momentum": config.get("momentum", 0.0), "centered": bool(config.get("centered"))}
        yield _decoupled(_inside_root(made, words, config.get("epsilon", 1e-7)), decay, rate), cause, says, fix
        yield _made(torch.optim.RMSprop, {**words, "eps": config.get("epsilon", 1e-7)}), cause, says, fix
    else:
        words = {"lr": rate, "eps": config.get("epsilon", 1e-7), "initial_accumulator_value": config.get("initial_accumulator_value", 0.1)}
        yield _made(torch.optim.Adagrad, words), cause, says, fix


def _vectors_spared(factory: Factory) -> Factory:
    def bare(parameters: Any) -> Any:
        optimizer = factory(parameters)
        for g in optimizer.param_groups:
            g["weight_decay"] = 0.0
        return optimizer

    return _by_rank(factory, bare)


def _by_rank(of_matrices: Factory, of_vectors: Factory) -> Factory:
    """One optimizer for kernels, another for biases and norms."""

    def build(parameters: Any) -> Any:
        parameters = list(parameters)
        groups = (of_matrices, [p for p in parameters if p.dim() >= 2]), (of_vectors, [p for p in parameters if p.dim() < 2])
        return _Several([factory(group) for factory, group in groups if group])

    return build


class _Several:
    def __init__(self, optimizers: list[Any]) -> None:
        self.optimizers = optimizers
        self.param_groups = [g for o in optimizers for g in o.param_groups]

    def step(self) -> None:
        for optimizer in self.optimizers:
            optimizer.step()


def _inside_root(made: Any, group: Mapping[str, Any], eps: float) -> Factory:
    class RootRMSprop(torch.optim.Optimizer):  # type: ignore[misc]
        def __init__(self, parameters: Any) -> None:
            super().__init__(parameters, {"lr": group["lr"], "alpha": group["alpha"], "momentum": group.get("momentum", 0)})

        def step(self, closure: Any = None) -> None:
            with torch.no_grad():
                for g in self.param_groups:
                    for p in g["params"]:
                        state = self.state[p]
                        average = state.setdefault("average", torch.zeros_like(p))
                        gradient = p.grad + (group.get("weight_decay") or 0.0) * p
                        average.mul_(g["alpha"]).addcmul_(gradient, gradient, value=1 - g["alpha"])
                        variance = average
                        if group.get("centered"):
                            mean = state.setdefault("mean", torch.zeros_like(p))
                            mean.mul_(g["alpha"]).add_(gradient, alpha=1 - g["alpha"])
                            variance = average - mean**2
                        change = gradient / torch.sqrt(variance + eps)
                        if g["momentum"]:
                            buffer = state.setdefault("buffer", torch.zeros_like(p))
                            buffer.mul_(g["momentum"]).add_(change)
                            change = buffer
                        p.sub_(change, alpha=g["lr"])

    return RootRMSprop


def _clipped(factory: Factory, how: str, bound: float) -> Factory:
    def before(optimizer: Any, step: int) -> None:
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        if how == "value":
            torch.nn.utils.clip_grad_value_(parameters, bound)
        elif how == "global":
            torch.nn.utils.clip_grad_norm_(parameters, bound)
        else:
            for p in parameters:
                torch.nn.utils.clip_grad_norm_([p], bound)

    return lambda parameters: _Wrapped(factory(parameters), before)
