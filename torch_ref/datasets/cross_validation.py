r"""K-fold cross-validation and its three endings, and the mean of several random starts, on the digits.

Cross-validation chooses the hyperparameter (here λ of a ridge regression onto the classes, $W = (X^\top X + \lambda I)^{-1} X^\top Y$). Then

1. train once more on all of the data with it;
2. or keep the best of the K models, which has not seen one K-th of the data;
3. or let all K predict and take the mean.

Shapes: images (n, 65), a constant 1 behind the 64 pixels; classes (n, 10); predictions (m, 10).

>>> told = endings(k=5, seed=0)
>>> told["chosen"] in (0.01, 1.0, 100.0, 10000.0), len(told["validated"])
(True, 4)

Source: the notes, "模型选择" (K 折交叉验证; 只是随机初始化不同，最后集成都一定会好？); Hastie et al. 2009, §7.10.
"""

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import Tensor

from torch_ref.datasets.splits import k_fold, stratified_split

_PENALTIES = (0.01, 1.0, 100.0, 10000.0)


def endings(k: int, seed: int) -> dict[str, Tensor | list | float]:
    """Chooses λ by K folds and ends in all three ways; counts of right answers on a quarter of the digits that no fold has seen."""
    x, names, classes, training, test = _digits(seed)
    folds = [(training[kept], training[held_out]) for kept, held_out in _folds(len(training), k, seed, names[training])]
    models = {penalty: [_ridge(x[kept], classes[kept], penalty) for kept, _ in folds] for penalty in _PENALTIES}
    validated = {p: [_right(x[held_out] @ w, names[held_out]) for w, (_, held_out) in zip(models[p], folds, strict=True)] for p in _PENALTIES}
    chosen = max(_PENALTIES, key=lambda penalty: sum(validated[penalty]))
    of_folds = [x[test] @ w for w in models[chosen]]
    best = int(np.argmax(validated[chosen]))
    predictions = {
        "retrained_on_all": x[test] @ _ridge(x[training], classes[training], chosen),
        "best_of_k": of_folds[best],
        "mean_of_k": torch.stack(of_folds).mean(0),
    }
    return {name: output[:9] for name, output in predictions.items()} | {
        "chosen": chosen,
        "validated": [validated[penalty] for penalty in _PENALTIES],
        "best": [best],
        "right": [_right(output, names[test]) for output in predictions.values()],
        "of": [len(test)],
    }


def ensemble(starts: int, steps: int, seed: int) -> dict[str, Tensor | list]:
    """One network, trained alike from several random starts; each alone, and the mean of their probabilities."""
    x, names, classes, training, test = _digits(seed)
    rng = np.random.default_rng(seed)
    probabilities = []
    for _ in range(starts):
        v = torch.tensor(rng.normal(0, 0.2, (65, 12)), dtype=x.dtype, requires_grad=True)
        w = torch.tensor(rng.normal(0, 0.3, (12, 10)), dtype=x.dtype, requires_grad=True)
        for _ in range(steps):
            logits = torch.tanh(x[training] @ v) @ w
            loss = -(classes[training] * torch.log_softmax(logits, -1)).sum(-1).mean()
            for parameter, gradient in zip((v, w), torch.autograd.grad(loss, (v, w)), strict=True):
                with torch.no_grad():
                    parameter -= 1.0 * gradient
        probabilities.append(torch.softmax(torch.tanh(x[test] @ v) @ w, -1).detach())
    mean = torch.stack(probabilities).mean(0)
    alone = [_right(output, names[test]) for output in probabilities]
    return {
        "mean": mean[:9],
        "alone": alone,
        "together": [_right(mean, names[test])],
        "of": [len(test)],
        "better_than_the_mean_of_all": [_right(mean, names[test]) > sum(alone) / starts],
    }


def _digits(seed: int) -> tuple[Tensor, np.ndarray, Tensor, np.ndarray, np.ndarray]:
    """Pixels with a constant 1, class numbers, one-hot classes, and the indices of training and test."""
    images, names = load_digits(return_X_y=True)
    x = torch.tensor(np.concatenate([images / 16, np.ones((len(images), 1))], axis=1), dtype=torch.get_default_dtype())
    training, test = (np.asarray(part) for part in stratified_split(names.tolist(), 0.25, seed))
    return x, names, torch.eye(10)[torch.from_numpy(names)], training, test


def _folds(n: int, k: int, seed: int, names: np.ndarray) -> list[tuple[list[int], list[int]]]:
    return list(k_fold(n, k, seed, names.tolist()))


def _ridge(x: Tensor, classes: Tensor, penalty: float) -> Tensor:
    return torch.linalg.solve(x.T @ x + penalty * torch.eye(x.shape[1]), x.T @ classes)


def _right(output: Tensor, names: np.ndarray) -> int:
    return int((output.argmax(-1).numpy() == names).sum())
