"""Every public class of torch.nn, torch.optim and its schedulers has a case, or a row here that says why not. A row that is no longer needed fails."""

import pytest
import torch

from parity.case import Build
from parity.discovery import all_cases

HOLDS = "holds layers and computes nothing: tests/twins/test_layers.py and the cases of models.four_ways use it"
BASE = "a base class: its subclasses have cases"
WITHOUT_A_CASE = {
    "Module": BASE,
    "Container": "an old name of Module",
    "RNNBase": BASE,
    "RNNCellBase": BASE,
    "Sequential": HOLDS,
    "ModuleList": HOLDS,
    "ModuleDict": HOLDS,
    "ParameterList": "lists of variables are tracked by Keras as they are",
    "ParameterDict": "mappings of variables are tracked by Keras as they are",
    "DataParallel": "threads over several GPUs of one process; Keras has tf.distribute and its distribution API for that",
    "NLLLoss2d": "deprecated: NLLLoss under another name",
    "CrossMapLRN2d": "LocalResponseNorm for images by the code of Lua Torch, which sums over the wrong channels: docs/upstream/torch_cross_map_lrn.md",
    "Optimizer": BASE,
    "LBFGS": "takes a closure, which an OptimizerCase cannot: its cases are of optimizers.lbfgs:minimize_rosenbrock",
    "SparseAdam": "takes sparse gradients: its cases are of optimizers.sparse_adam:train_rows",
    "LRScheduler": BASE,
    "_LRScheduler": BASE,
}


def classes(module, base: type) -> set[str]:
    return {name for name, value in vars(module).items() if isinstance(value, type) and issubclass(value, base)}


def builds(value) -> set[str]:
    """Names of what a case builds inside its configuration."""
    if isinstance(value, Build):
        return {value.target.partition(":")[2]}.union(*map(builds, value.config.values()))
    return set()


@pytest.fixture(scope="module")
def tried() -> set[str]:
    found = set()
    for case in all_cases():
        found.add(case.target.partition(":")[2])
        found |= set().union(*map(builds, case.config.values()))
        found.add(str(case.config.get("schedule", ("",))[0]))
    return found


PUBLIC = {
    "torch.nn": classes(torch.nn, torch.nn.Module) | set(torch.nn.modules.__all__),
    "torch.optim": classes(torch.optim, torch.optim.Optimizer),
    "torch.optim.lr_scheduler": classes(torch.optim.lr_scheduler, torch.optim.lr_scheduler.LRScheduler),
}


@pytest.mark.parametrize("module", PUBLIC)
def test_every_public_class_has_a_case_or_a_reason(module, tried):
    assert sorted(PUBLIC[module] - tried - WITHOUT_A_CASE.keys()) == []


def test_the_rows_are_needed(tried):
    everything = set().union(*PUBLIC.values())
    assert sorted(name for name in WITHOUT_A_CASE if name not in everything or name in tried) == []


def test_old_names_are_what_the_rows_say():
    assert issubclass(torch.nn.NLLLoss2d, torch.nn.NLLLoss) and torch.nn.NLLLoss2d.forward is torch.nn.NLLLoss.forward
    x = torch.randn(2, 7, 4, 5, dtype=torch.float64)
    old, new = (layer(5, alpha=0.1, beta=0.7, k=1.5)(x) for layer in (torch.nn.CrossMapLRN2d, torch.nn.LocalResponseNorm))
    torch.testing.assert_close(old[:, :3], new[:, :3])
    assert not torch.allclose(old[:, 3:], new[:, 3:])
