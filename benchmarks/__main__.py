"""`python -m benchmarks [--quick] [name ...]`: runs every bench_*.py here, or those named."""

from __future__ import annotations

import argparse
import importlib
import platform
import sys
from pathlib import Path


def main() -> int:
    """Run the benches one after another; each prints its own table."""
    known = sorted(file.stem.removeprefix("bench_") for file in Path(__file__).parent.glob("bench_*.py"))
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"which to run: {', '.join(known)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="the smallest sizes only")
    wanted = parser.parse_args()
    unknown = [name for name in wanted.names if name not in known]
    if unknown:
        parser.error(f"there is no bench called {unknown[0]}; there are {', '.join(known)}")
    print(
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}. Budgets are for a quiet machine."
    )
    for name in wanted.names or known:
        sys.stdout.flush()
        importlib.import_module(f"benchmarks.bench_{name}").run(quick=wanted.quick)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
