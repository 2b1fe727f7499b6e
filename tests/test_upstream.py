"""Every fault in docs/upstream is still there, with the size that its page says. One that is gone fails: remove it, and what works around it."""

import contextlib
import io
import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

pytestmark = [pytest.mark.xdist_group("twins"), pytest.mark.filterwarnings("ignore")]
FOLDER = ROOT / "docs" / "upstream"
PROGRAMS = sorted(FOLDER.glob("*.py"))
ON_TORCH = [program for program in PROGRAMS if 'os.environ["KERAS_BACKEND"] = "torch"' in program.read_text()]


def run(program: Path) -> tuple[int, str]:
    """Its exit code and what it prints."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), pytest.raises(SystemExit) as ended:
        runpy.run_path(str(program), run_name="__main__")
    return ended.value.code, printed.getvalue().strip()


def check(program: Path, code: int, printed: str) -> None:
    assert code == 0, f"expired: remove {program.stem}, upstream has mended it. It says: {printed}"
    assert f"```\n{printed}\n```" in program.with_suffix(".md").read_text(), "the page says something else"
    assert f"({program.stem}.md) | {printed} |" in (FOLDER / "README.md").read_text(), "the index says something else"


def test_pages_programs_and_index_belong_together():
    names = {program.stem for program in PROGRAMS}
    assert {page.stem for page in FOLDER.glob("*.md")} == names | {"README"}
    assert len(names) >= 30
    assert (FOLDER / "README.md").read_text().count(".md) |") == len(names)


@pytest.mark.parametrize("program", [program for program in PROGRAMS if program not in ON_TORCH], ids=lambda program: program.stem)
def test_still_there(program):
    check(program, *run(program))


def test_still_there_on_the_torch_backend():
    """In one other process: Keras has one backend a process."""
    code = (
        f"import json, sys; sys.path.insert(0, {str(ROOT / 'tests')!r}); from test_upstream import ON_TORCH, run; print(json.dumps([run(p) for p in ON_TORCH]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=os.environ | {"KERAS_BACKEND": "torch"}, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    for program, (code, printed) in zip(ON_TORCH, json.loads(done.stdout.splitlines()[-1]), strict=True):
        check(program, code, printed)


def test_one_that_is_gone_fails(tmp_path):
    program = tmp_path / "mended.py"
    program.write_text("import sys\nprint('nothing is wrong')\nsys.exit(1)\n")
    with pytest.raises(AssertionError, match="expired: remove mended"):
        check(program, *run(program))
