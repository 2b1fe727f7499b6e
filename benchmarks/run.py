"""All benchmarks, one after the other, each in a process of its own; exits with 1 where a budget is exceeded.

python -m benchmarks.run
"""

import subprocess
import sys
from pathlib import Path

NAMES = ("imports", "compare_arrays", "overhead", "training", "twins", "data", "check")


def main() -> int:
    over = []
    for name in NAMES:
        print(f"\n## {name}\n", flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], cwd=Path(__file__).parents[1], check=False).returncode:
            over.append(name)
    print(f"\nOver budget: {', '.join(over)}" if over else "\nAll within their budgets.")
    return int(bool(over))


if __name__ == "__main__":
    sys.exit(main())
