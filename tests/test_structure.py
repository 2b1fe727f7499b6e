"""The project's own rules: the two trees mirror each other, every concept has a case, frameworks are imported in one place only.

What may differ between the trees stands in the tables below, each with its reason; an entry that is no longer needed fails.
"""

import ast
import importlib
import inspect
import os
import re
import shutil
import subprocess
import sys
import typing
from pathlib import Path

import pytest
from conftest import ROOT

from parity.discovery import all_cases

NOT_MIRRORED = {  # parameters of PyTorch's constructors that a twin need not have
    "params": "a Keras optimizer is told its variables by `build` and `apply`",
    "device": "Keras places variables by `keras.device`",
    "dtype": "one of Keras' own keywords, which every twin takes",
    "foreach": "a switch between PyTorch's implementations of one formula",
    "fused": "a switch between PyTorch's implementations of one formula",
    "capturable": "a switch between PyTorch's implementations of one formula",
    "differentiable": "a switch between PyTorch's implementations of one formula",
    "_weight": "private in PyTorch",
    "_freeze": "private in PyTorch",
}
ONLY_IN_TWIN = {  # "module:name": {parameter: reason}
    "activations.leaky_relu:RReLU": {"seed": "Keras draws from a seed generator, PyTorch from a global one"},
}
DEFAULTS = {  # "module:name": {parameter: the twin's default}
    "layers.similarity:CosineSimilarity": {"dim": -1},  # torch's means the channel axis, which is last here
    "layers.transformer:Transformer": {"activation": "relu"},  # torch's is the function of that name, which no configuration can hold
    "layers.transformer:TransformerEncoderLayer": {"activation": "relu"},
    "layers.transformer:TransformerDecoderLayer": {"activation": "relu"},
}
ONLY_IN_TF = {  # modules and names without a counterpart in torch_ref
    "typing": "the tensor type of annotations",
    "losses:keras_loss": "makes a loss twin one of Keras' own, for `compile`; PyTorch needs nothing of the kind",
}
NO_CASE = {"layers.container": "containers are run by the models made of them: models.four_ways"}
LIMIT = 400  # lines of a module


def modules(root: str) -> dict[str, Path]:
    """{"layers.conv": its file} for every public module, packages as "layers"."""
    folder = ROOT / root
    found = {}
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        if path.name == "__init__.py":
            parts = parts[:-1]
        if parts and not any(part.startswith("_") for part in parts):
            found[".".join(parts)] = path
    return found


def public_names(path: Path) -> set[str]:
    """What a module defines, or re-exports as `from x import A as A`."""
    names: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        match node:
            case ast.ClassDef() | ast.FunctionDef():
                names.add(node.name)
            case ast.Assign():
                names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name)):
                names.add(name)
            case ast.ImportFrom():
                names |= {alias.name for alias in node.names if alias.asname == alias.name}
    return {name for name in names if not name.startswith("_")}


TORCH, TF = modules("torch_ref"), modules("tf_impl")
CONCEPTS = sorted(name for name, path in TORCH.items() if path.name != "__init__.py")


def named(concepts: list[str]) -> list[str]:
    return [f"{concept}:{name}" for concept in concepts for name in sorted(public_names(TORCH[concept]))]


def implementation(root: str, target: str) -> object:
    module, _, name = target.partition(":")
    return getattr(importlib.import_module(f"{root}.{module}"), name)


# The mirror


def test_both_trees_have_the_same_modules():
    assert set(TF) - set(TORCH) == {name for name in ONLY_IN_TF if ":" not in name}
    assert set(TORCH) - set(TF) == set()


@pytest.mark.parametrize("module", sorted(TORCH))
def test_both_modules_have_the_same_public_names(module):
    extra = {name.partition(":")[2] for name in ONLY_IN_TF if name.startswith(f"{module}:")}
    assert public_names(TF[module]) == public_names(TORCH[module]) | extra


def declared(function: object) -> inspect.Signature:
    """The signature; where PyTorch takes anything (`*args, **kwargs`) the first declared overload; of a builtin what its docstring says."""
    overloads = typing.get_overloads(function.__init__) if inspect.isclass(function) and inspect.isfunction(function.__init__) else []
    if inspect.isbuiltin(function):
        arguments = re.search(rf"{function.__name__}\((.*?)\) ->", function.__doc__, re.DOTALL).group(1)
        function = eval(f"lambda {' '.join(arguments.split())}: None", {})
    signature = inspect.signature(overloads[0] if overloads else function)
    return signature.replace(parameters=[p for p in signature.parameters.values() if p.name != "self"])


def parameters(signature: inspect.Signature) -> dict[str, inspect.Parameter]:
    return {p.name: p for p in signature.parameters.values() if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}


@pytest.mark.parametrize("target", named(CONCEPTS))
def test_both_signatures_are_the_same(target):
    reference, twin = implementation("torch_ref", target), implementation("tf_impl", target)
    if not callable(reference):
        assert twin == reference
        return
    actual = {name: p for name, p in parameters(declared(twin)).items() if name not in ONLY_IN_TWIN.get(target, {})}
    left_out = NOT_MIRRORED.keys() - actual if inspect.isclass(reference) else set()
    expected = {name: p for name, p in parameters(declared(reference)).items() if name not in left_out}
    assert list(actual) == list(expected), "other names, or another order"
    defaults = {name: p.default for name, p in expected.items()} | DEFAULTS.get(target, {})
    assert {name: p.default for name, p in actual.items()} == defaults


def test_the_tables_have_no_entry_too_many():
    targets = [target for target in named(CONCEPTS) if callable(implementation("torch_ref", target))]
    reference = {target: parameters(declared(implementation("torch_ref", target))) for target in targets}
    twin = {target: parameters(declared(implementation("tf_impl", target))) for target in targets}
    assert set(NOT_MIRRORED) <= {name for found in reference.values() for name in found}
    for target, extra in ONLY_IN_TWIN.items():
        assert set(extra) <= set(twin[target]) - set(reference[target])
    for target, changed in DEFAULTS.items():
        assert all(twin[target][name].default == value != reference[target][name].default for name, value in changed.items())
    for name in ONLY_IN_TF:
        module, _, member = name.partition(":")
        assert member in public_names(TF[module]) if member else module in TF
    assert set(NO_CASE) <= set(CONCEPTS)


# Cases and docstrings


def test_every_concept_has_a_case_and_every_case_a_concept():
    with_case = {case.concept for case in all_cases()}
    assert with_case | set(NO_CASE) == set(CONCEPTS)
    assert not with_case & set(NO_CASE), "these have a case now: take them off the table"
    for case in all_cases():
        assert case.roots == ("torch_ref", "tf_impl"), case.id


def test_every_case_stands_in_the_module_of_its_concept():
    for concept in {case.concept for case in all_cases()}:
        listed = importlib.import_module(f"parity.cases.{concept}").CASES
        assert {case.concept for case in listed} == {concept}


@pytest.mark.parametrize("target", sorted({case.target for case in all_cases()}))
def test_every_target_is_on_both_sides(target):
    module, _, name = target.partition(":")
    assert name in public_names(TORCH[module])
    assert name in public_names(TF[module])


TWINS = [f"{module}:{name}" for module in CONCEPTS for name in sorted(public_names(TF[module])) if name[0].isupper()]


@pytest.mark.parametrize("target", TWINS)
def test_every_twin_says_how_it_differs_and_its_shapes(target):
    twin = implementation("tf_impl", target)
    if not inspect.isclass(twin):
        return
    text = vars(twin).get("__doc__") or ""
    assert "Differs from PyTorch" in text
    assert re.search(r"Shapes?:", text)


@pytest.mark.parametrize("concept", CONCEPTS)
def test_every_reference_has_its_source(concept):
    assert "Source:" in (ast.get_docstring(ast.parse(TORCH[concept].read_text())) or "")


@pytest.mark.parametrize("root", ["parity", "torch_ref", "tf_impl", "benchmarks"])
def test_no_module_is_too_long(root):
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in (ROOT / root).rglob("*.py")}
    assert {path: length for path, length in lengths.items() if length > LIMIT} == {}


# Who imports what

FRAMEWORKS = ("torch", "tensorflow", "keras", "jax")


def imported(path: Path) -> set[str]:
    """Every module that a file imports, also inside functions."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return names


def of_frameworks(path: Path) -> set[str]:
    return {name for name in imported(path) if name.partition(".")[0] in FRAMEWORKS}


def test_only_the_adapters_import_a_framework():
    outside = [path for path in (ROOT / "parity").rglob("*.py") if "frameworks" not in path.parts]
    assert {str(path): found for path in outside if (found := of_frameworks(path))} == {}
    inside = {name.partition(".")[0] for path in (ROOT / "parity" / "frameworks").rglob("*.py") for name in of_frameworks(path)}
    assert inside == set(FRAMEWORKS), "the check sees imports where they are"


def test_cases_are_pure_data():
    found = {str(path): imported(path) - {"parity.case"} - sys.stdlib_module_names for path in (ROOT / "parity" / "cases").rglob("*.py")}
    assert {path: names for path, names in found.items() if names} == {}


def test_references_and_twins_know_only_their_side():
    for root, foreign in (("torch_ref", {"keras", "tensorflow", "jax", "tf_impl", "parity"}), ("tf_impl", {"torch", "torch_ref", "parity"})):
        for path in (ROOT / root).rglob("*.py"):
            assert not {name.partition(".")[0] for name in imported(path)} & foreign, path


WALK = """
import importlib, sys
heavy = {"torch", "tensorflow", "keras", "jax"}
for name in sys.argv[1:]:
    importlib.import_module(name)
    for found in sorted(heavy & set(sys.modules)):
        print(f"{name} imports {found}")
        heavy.discard(found)
"""
LIGHT = "import sys, {module}; print(*sorted({{'torch', 'tensorflow', 'keras', 'jax', 'pandas', 'matplotlib', 'sklearn'}} & set(sys.modules)))"
HELP = """
import runpy, sys
sys.argv = ["parity", "--help"]
try:
    runpy.run_module("parity", run_name="__main__")
except SystemExit:
    print("heavy:", *sorted({"torch", "tensorflow", "keras", "jax", "pandas", "matplotlib", "sklearn"} & set(sys.modules)))
"""


def in_subprocess(code: str, path: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(path)}, cwd=path, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def outside_frameworks() -> list[str]:
    return ["parity", *(f"parity.{name}" for name in modules("parity") if not name.startswith("frameworks."))]


def test_importing_parity_imports_no_framework():
    assert len(outside_frameworks()) > 100
    assert in_subprocess(WALK, ROOT, *outside_frameworks()) == ""


@pytest.mark.parametrize("module", ["parity", "parity.cli", "parity.case", "parity.pytest_plugin"])
def test_light_modules(module):
    assert in_subprocess(LIGHT.format(module=module), ROOT).split() == []


def test_help_is_light():
    assert in_subprocess(HELP, ROOT).splitlines()[-1].strip() == "heavy:"


@pytest.mark.parametrize("planted", ["import torch", "from keras import ops", "if True:\n    import tensorflow.math"], ids=["torch", "keras", "tensorflow"])
def test_the_boundary_tests_can_fail(tmp_path, planted):
    """A copy of parity with one offending line, and empty packages in the place of the frameworks."""
    shutil.copytree(ROOT / "parity", tmp_path / "parity", ignore=shutil.ignore_patterns("__pycache__"))
    for name, part in (("torch", "nn"), ("keras", "ops"), ("tensorflow", "math")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("")
        (tmp_path / name / f"{part}.py").write_text("")
    with (tmp_path / "parity" / "verdict.py").open("a") as file:
        file.write(f"\n\n{planted}\n")
    framework = next(name for name in FRAMEWORKS if name in planted)
    assert in_subprocess(WALK, tmp_path, "parity", "parity.case", "parity.verdict") == f"parity.verdict imports {framework}\n"
    assert of_frameworks(tmp_path / "parity" / "verdict.py")
