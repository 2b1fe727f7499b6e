"""How long `import parity` and `parity --help` take, and what they load. Best of five fresh processes, beside a bare interpreter.

python -m benchmarks.imports
"""

import json
import subprocess
import sys
import time

HEAVY = ("torch", "tensorflow", "keras", "jax", "pandas", "matplotlib", "sklearn", "scipy", "numpy", "rich", "typer")
FORBIDDEN = ("torch", "tensorflow", "keras", "jax", "pandas")
BUDGETS = {"import parity": 0.3, "parity --help": 0.6}
HELP = "import sys; sys.argv = ['parity', '--help']; import runpy; runpy.run_module('parity', run_name='__main__')"
COMMANDS = {
    "bare Python": ("pass", "pass"),
    "import parity": ("import parity", "import parity"),
    "parity --help": (HELP, f"try:\n    {HELP}\nexcept SystemExit:\n    pass"),
    "parity.run (named)": ("import parity; parity.run", "import parity; parity.run"),
    "parity list": ("from parity.discovery import all_cases; all_cases()", "from parity.discovery import all_cases; all_cases()"),
}


def seconds(code: str, repeats: int = 5) -> float:
    """The shortest of several fresh processes."""
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - started)
    return min(times)


def loaded(code: str) -> list[str]:
    """Which of the heavy packages are imported when the code is done."""
    tell = f"\nimport sys, json\nprint()\nprint(json.dumps([name for name in {HEAVY} if name in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", code + tell], check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> bool:
    """Prints the table; False where a budget is exceeded or something forbidden was loaded."""
    print(f"{'':22}{'seconds':>9}{'budget':>9}   loads")
    within = True
    for name, (code, observed) in COMMANDS.items():
        taken, packages, budget = seconds(code), loaded(observed), BUDGETS.get(name)
        within &= budget is None or (taken < budget and not set(packages) & set(FORBIDDEN))
        print(f"{name:22}{taken:9.3f}{budget or '':>9}   {', '.join(packages) or '—'}")
    return within


if __name__ == "__main__":
    sys.exit(not main())
