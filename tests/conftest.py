"""What several test modules share: one run of the test trees, the command line in a process of its own, machines without a framework."""

import gc
import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import pytest
from exam.summary import pytest_terminal_summary as pytest_terminal_summary  # the exam's totals, printed where all workers' results arrive

from parity.results import Result, Run

os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")  # compiles in half the time; how fast XLA's code is, no test here asks
HERE = Path(__file__).parent
ROOT = HERE.parent


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What importing both frameworks leaves behind stays to the end: the garbage collector, which would walk it for a second each time, does not see it."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


@dataclass(frozen=True)
class TreeRun:
    """One run of all cases of `trees`, and its results in the order they came."""

    run: Run
    delivered: tuple[Result, ...]

    def __getitem__(self, case) -> Result:
        return next(result for result in self.run if result.case.id == case.id)


@pytest.fixture(scope="session")
def tree_run(tmp_path_factory: pytest.TempPathFactory) -> TreeRun:
    """Starting both frameworks takes seconds: paid once for all that needs the worker pools."""
    from trees.cases import CASES

    from parity.runner import run

    delivered: list[Result] = []
    found = run(cases=CASES, out=tmp_path_factory.mktemp("reports"), progress=delivered.append)
    return TreeRun(found, tuple(delivered))


TOGETHER = {"test_runner.py": "pools", "test_cli.py": "pools", "test_plugin.py": "pools"}  # they share `tree_run`


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log):
    """With -n: a file stays in one worker, and so do the files that share what is slow to make. (xdist's groups do nothing under pytest 9.2.)"""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return TOGETHER.get(Path(file).name, file)

    config.option.loadscopereorder = False  # by the number of tests: the files that take longest would come last
    return ByFile(config, log)


LONGEST = (
    *("test_layers.py", "test_exam.py", "test_shapes.py", "test_models_detection_twins.py", "test_fault_effects.py", "test_examples.py", "test_cli.py"),
    *("test_distributed.py", "test_models_segmentation.py", "test_fault_ports.py", "test_location_fuzz.py", "test_initializers.py", "test_guide.py"),
    *("test_models_transformers.py", "test_optimizers.py", "test_models_classification.py", "test_losses.py", "test_training.py"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, so that both workers end together."""
    order = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.path.name, len(order)))


class InProcess:
    """An executor without processes: for what is about caching and judging, not about workers."""

    def submit(self, function: Callable, *arguments) -> Future:
        future: Future = Future()
        try:
            future.set_result(function(*arguments))
        except Exception as error:
            future.set_exception(error)
        return future


@pytest.fixture
def in_process() -> InProcess:
    return InProcess()


Command = Callable[..., subprocess.CompletedProcess]


def command(*arguments: object, python: tuple[str, ...] = (sys.executable,), path: Path = ROOT, timeout: float = 300, **environment: str):
    """`parity …` in a process of its own, with a wide terminal and no colours."""
    variables = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb", "PYTHONPATH": str(path)} | environment
    line = [*python, "-m", "parity", *map(str, arguments)]
    return subprocess.run(line, capture_output=True, text=True, timeout=timeout, env=variables, check=False)


@pytest.fixture(scope="session")
def without(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Command]:
    """`without("keras", "tensorflow")("run", …)`: the command line on a machine where these packages are really not installed.

    A folder of links to everything that is installed but them stands in for site-packages.
    """
    installed = [Path(sysconfig.get_path("purelib"))]

    def machine(*absent: str) -> Command:
        folder = tmp_path_factory.mktemp("without-" + "-".join(absent))
        for entry in (entry for place in installed for entry in place.iterdir()):
            package = entry.name.partition("-")[0].partition(".")[0]
            if package not in absent and entry.suffix != ".pth" and not package.startswith("__editable__"):
                (folder / entry.name).symlink_to(entry)
        for package in ("parity", "torch_ref", "tf_impl"):
            (folder / package).symlink_to(ROOT / package)
        return lambda *arguments, **words: command(*arguments, python=(sys.executable, "-S"), path=folder, **words)  # -S: no other site-packages

    return machine


@pytest.fixture(scope="module")
def checked_shapes() -> Iterator[int]:
    """Twins check their shape annotations on every call while a module's tests run. Gives how many do."""
    from shapes import check_shapes

    with check_shapes("tf_impl") as count:
        yield count
