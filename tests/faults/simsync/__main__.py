"""Plays one story again: python -m tests.faults.simsync --seed 7 [--operations 4000 …] [--mutant NAME]"""

import argparse
import sys
from contextlib import nullcontext
from dataclasses import fields

from .breaking import broken
from .mutants import MUTANTS
from .running import Failed, Size, tell


def main() -> int:
    parser = argparse.ArgumentParser(prog="simsync")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--mutant", choices=sorted(MUTANTS))
    for field in fields(Size):
        parser.add_argument(f"--{field.name}", type=int, default=field.default)
    given = vars(parser.parse_args())
    seed, mutant = given.pop("seed"), given.pop("mutant")
    with broken(MUTANTS[mutant]) if mutant else nullcontext():
        try:
            report = tell(seed, Size(**given), mutant)
        except Failed as failed:
            sys.stdout.write(f"{failed}\n")
            return 1
    sys.stdout.write(f"{report}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
