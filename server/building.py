"""`python -m server.building`: builds the bundles into static/dist."""

import sys

from webassets.exceptions import FilterError

from server.foundation import assets

if __name__ == "__main__":
    try:
        names = assets.build()
    except FilterError as error:
        sys.exit(f"rundtur: the browser side could not be built.\n{error}")
    for name, file in names.items():
        print(f"  {name}: {file}")  # noqa: T201 - a command's output
