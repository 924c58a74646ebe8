"""`python -m server.building [--if-stale]`: builds the bundles into static/dist."""

import sys

from server.foundation import assets

if __name__ == "__main__" and not ("--if-stale" in sys.argv and assets.is_fresh()):
    for name, file in assets.build().items():
        print(f"  {name}: {file}")  # noqa: T201 - a command's output
