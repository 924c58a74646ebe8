"""Markdown becomes safe HTML, once, when it is published (FAULTS 62)."""

import pytest

from server.content.rendering import render


def html(text):
    return render(text, lambda name, line: f"/media/{name}")


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](java&#115;cript:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "[x](vbscript:alert(1))",
        "<a href='javascript:alert(1)'>x</a>",
        "<svg/onload=alert(1)>",
        "<iframe src='https://example.org'></iframe>",
        "<style>*{display:none}</style>",
        "`<script>`<script>alert(1)</script>",
        '<http://example.org/"onmouseover=alert(1)>',
        "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    ],
)
def test_what_could_run_is_text_or_gone(text):
    found = html(text).lower()
    for danger in (
        "<script",
        "<img",
        "<svg",
        "<iframe",
        "<style",
        "<form",
        'href="javascript',
        'href="data',
        'href="vb',
    ):
        assert danger not in found


def test_raw_html_is_shown_as_text():
    assert html("a <b>b</b>") == "<p>a &lt;b&gt;b&lt;/b&gt;</p>"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("## Rubrik", "<h2>Rubrik</h2>"),
        ("*a* **b** `c`", "<p><em>a</em> <strong>b</strong> <code>c</code></p>"),
        ("[x](https://ekero.se)", '<p><a href="https://ekero.se" rel="noopener">x</a></p>'),
        ("[x](tel:+46812457100)", '<p><a href="tel:+46812457100" rel="noopener">x</a></p>'),
        ("[x](mailto:a@b.se)", '<p><a href="mailto:a@b.se" rel="noopener">x</a></p>'),
        ("> citat", "<blockquote>\n<p>citat</p>\n</blockquote>"),
        ("3. tre", '<ol start="3">\n<li>tre</li>\n</ol>'),
    ],
)
def test_what_the_format_promises_is_rendered(text, expected):
    assert html(text) == expected


def test_a_link_without_a_safe_scheme_loses_its_address():
    assert "href" not in html("[x](http://example.org)")


def test_a_picture_gets_its_published_address():
    assert html("![En hand](media/hand.svg)") == '<p><img src="/media/media/hand.svg" alt="En hand"></p>'


def test_a_picture_from_elsewhere_is_asked_for_and_never_linked():
    asked = []
    render("![x](https://example.org/x.png)", lambda name, line: asked.append(name) or "/media/none")
    assert asked == ["https://example.org/x.png"]


def test_a_table_is_rendered():
    assert "<td>1</td>" in html("|a|b|\n|-|-|\n|1|2|")
