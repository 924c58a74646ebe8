"""Markdown to HTML, once, when published: markdown-it without raw HTML, then an allow-list (nh3)."""

from collections.abc import Callable
from functools import cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

TAGS = {
    "h2", "h3", "h4", "p", "ul", "ol", "li", "strong", "em", "a", "blockquote", "hr", "br", "img", "code", "pre",
    "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
ATTRIBUTES = {"a": {"href"}, "img": {"src", "alt"}, "ol": {"start"}, "th": {"align"}, "td": {"align"}}
SCHEMES = {"https", "tel", "mailto"}


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "typographer": True}).enable("table")


def render(text: str, picture: Callable[[str, int], str]) -> str:
    """Safe HTML of an author's Markdown. `picture` gives the published address of a picture named at a line of it."""
    tokens = _markdown().parse(text)
    for block in tokens:
        for token in _walk(block.children or []):
            if token.type == "image":
                token.attrs["src"] = picture(str(token.attrs.get("src", "")), block.map[0] + 1 if block.map else 1)
    html = _markdown().renderer.render(tokens, _markdown().options, {})
    return nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel="noopener").strip()


def _walk(tokens: list[Token]) -> list[Token]:
    return [inner for token in tokens for inner in (token, *_walk(token.children or []))]
