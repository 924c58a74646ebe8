"""What somebody asks the board for: read from the address, written back into links."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

STATES = ("late", "soon", "going", "done")
ORDERS = ("need", "name", "start")
LONGEST_SEARCH = 80
MOST_PAGES = 10_000


@dataclass(frozen=True, slots=True)
class Asked:
    programme: str = ""
    unit: str = ""
    state: str = ""
    search: str = ""
    order: str = "need"
    page: int = 1

    def link(self, **changes: Any) -> dict[str, Any]:
        """The address's values after `changes`; what is as usual is left out, and a new question begins at page one."""
        asked = replace(self, **({"page": 1} | changes))
        usual = Asked()
        return {
            name: getattr(asked, name)
            for name in ("programme", "unit", "state", "search", "order", "page")
            if getattr(asked, name) != getattr(usual, name)
        }

    @property
    def is_narrowed(self) -> bool:
        return bool(self.unit or self.state or self.search)


def asked_of(values: Mapping[str, str]) -> Asked:
    """The question in an address; what is not understood counts as not asked."""
    state, order = values.get("state", ""), values.get("order", "")
    return Asked(
        programme=values.get("programme", "")[:64],
        unit=values.get("unit", "")[:64],
        state=state if state in STATES else "",
        search=" ".join(values.get("search", "").replace("\0", " ").split())[:LONGEST_SEARCH],
        order=order if order in ORDERS else ORDERS[0],
        page=page_in(values),
    )


def page_in(values: Mapping[str, str]) -> int:
    """Which page of a table is asked for; the first where that is not understood."""
    page = values.get("page", "")
    return min(int(page), MOST_PAGES) if page.isascii() and page.isdigit() and int(page) > 0 else 1
