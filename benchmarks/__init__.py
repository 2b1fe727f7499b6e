"""Speed and memory, as ratios measured within one run. `python -m benchmarks.run` (or `make bench`) prints all tables, each module its own."""
