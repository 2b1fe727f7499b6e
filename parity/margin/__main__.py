"""`python -m parity.margin OUT.json [--numpy-only]`: measures the margin and writes it where the report finds it."""

import argparse
import json
import sys
from pathlib import Path

from parity.margin import measure_margin
from parity.trace import write_atomically


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m parity.margin", description="Measure how far the rule is from rounding and from planted faults.")
    parser.add_argument("out", type=Path, help="the JSON file to write, e.g. reports/margin.json")
    parser.add_argument("--numpy-only", action="store_true", help="leave out the pairs of PyTorch and Keras")
    words = parser.parse_args()
    margin = measure_margin(frameworks=not words.numpy_only)
    write_atomically(words.out, json.dumps(margin, indent=1))
    made = margin["made"]
    print(f"{made['right']} right pairs reach {made['largest rounding']:.2g} times what rounding explains,")
    print(f"{made['faults']} faults start at {made['smallest fault']:.2g} times.")
    wrong = [*made["red though right"], *made["not red though wrong"]]
    print(f"Misjudged: {', '.join(wrong)}" if wrong else f"None is misjudged. Written to {words.out} in {made['seconds']} s.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
