"""Buffers: the moving statistics of norms after a call in training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations
from typing import Any

import numpy as np

from parity.diagnosis.closeness import equal, failing
from parity.diagnosis.findings import Finding
from parity.row import Row


def buffer_findings(session: Any, rows: Sequence[Row]) -> Iterator[Finding]:
    """Moving statistics of norms after a training call: momentum, biased variance."""
    bad = {row.name.rpartition(".")[0] for row in failing(rows, "buffer") if "@" not in row.name}  # later ones follow from other weights
    if not bad:
        return
    forced = session.forced.get(("float64", True))
    run = session.torch_runs.get(("float64", True))
    if forced is None or run is None:
        return
    after = {r.name: r.array for r in run.records if r.role == "buffer"}
    for point in forced.checkpoints:
        path, layer = point.match.torch.path, point.match.keras.layer
        if path not in bad or point.match.torch.kind not in {"batch_norm", "instance_norm"} or point.index or not hasattr(layer, "momentum"):
            continue
        calls = [other for other in forced.checkpoints if other.match.torch is point.match.torch]
        turned = _called_in_other_order(session, calls, forced) if len(calls) > 1 else None
        yield from _statistics(session, point, after, forced) if turned is None else [turned]


def _called_in_other_order(session: Any, calls: Sequence[Any], forced: Any) -> Finding | None:
    """A norm that is called several times: its moving mean is the one that another order of the same calls leaves."""
    point = calls[0]
    path, layer, module = point.match.torch.path, point.match.keras.layer, point.match.torch.layer
    start, live = session.state.get(f"{path}.running_mean"), forced.after.get(id(layer.moving_mean))
    if module.momentum is None or start is None or live is None or len(calls) > 5:
        return None
    means = [call.given[0].mean(axis=tuple(a for a in range(call.given[0].ndim) if a != 1)) for call in sorted(calls, key=lambda call: call.index)]
    for order in list(permutations(range(len(means))))[1:]:
        mean = start.astype(np.float64)
        for i in order:
            mean = (1.0 - module.momentum) * mean + module.momentum * means[i]
        if equal(live, mean, 1e-7):
            says = f"its calls come in the order {list(order)} of torch's: the moving statistics end with another call's"
            return Finding(path, point.match.keras.name or layer.name, "calls-order", says, "call it in torch's order", True)
    return None


def _statistics(session: Any, point: Any, after: Mapping[str, np.ndarray], forced: Any) -> Iterator[Finding]:
    from parity.diagnosis.attributes import Change
    from parity.diagnosis.layer_trials import copied_with

    path, layer, module = point.match.torch.path, point.match.keras.layer, point.match.torch.layer
    where = point.match.keras.name or layer.name
    prefix = f"{path}." if path else ""
    wanted = None if module.momentum is None else 1.0 - module.momentum
    x = point.given[0]
    count = x.size // x.shape[1]
    found: list[Finding] = []

    def statistics(config: dict[str, Any], call: dict[str, Any]) -> tuple[np.ndarray, np.ndarray] | None:
        try:
            with session.keras_in("float64"):
                copy = copied_with(session, point, (Change("", "", "", config, call=call),))
                return session.keras.read(copy.moving_mean), session.keras.read(copy.moving_variance)
        except Exception:
            return None

    def judged(pair: Any) -> tuple[bool, bool, bool]:
        if pair is None:
            return False, False, False
        mean, variance = after[f"{prefix}running_mean"], after[f"{prefix}running_var"]
        before = session.state[f"{prefix}running_var"].astype(np.float64)
        keep = 1.0 - (module.momentum or 1.0)
        corrected = keep * before + (pair[1] - keep * before) * count / max(count - 1, 1)
        return equal(pair[0], mean, 1e-7), equal(pair[1], variance, 1e-7), equal(corrected, variance, 1e-7)

    own = judged(statistics({}, {"training": True}))
    config: dict[str, Any] = {}
    if not own[0] and wanted is not None and abs(layer.momentum - wanted) > 1e-9:
        config = {"momentum": wanted}
        right = judged(statistics(config, {"training": True}))
        told = f"momentum={layer.momentum:g} where torch's {module.momentum:g} means {wanted:g} here"
        found.append(Finding(path, where, "bn-momentum", told, f"{type(layer).__name__}(momentum={wanted:g})", right[0]))
        own = right
    if own[0] and not own[1] and own[2]:
        fix = "correct moving_variance by n/(n−1) after the update, or use tf_impl.layers.BatchNorm2d"
        told = f"the moving variance is the biased one; torch keeps the unbiased, n/(n−1) = {count / max(count - 1, 1):.4f} times it"
        found.append(Finding(path, where, "bn-unbiased-var", told, fix, True))
    live = forced.after.get(id(layer.moving_mean)), forced.after.get(id(layer.moving_variance))
    if not found and own[0] and all(v is not None for v in live) and not judged(live)[0]:
        if not layer.trainable:
            found.append(Finding(path, where, "bn-frozen", "trainable=False: the moving statistics stand still in training", "trainable=True", True))
        else:
            told = "the moving statistics are not torch's though the layer alone keeps the same ones: it is not told that it trains"
            found.append(Finding(path, where, "train-flag-default", told, "pass training=training on", True))
    yield from found
