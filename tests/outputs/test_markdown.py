# ruff: noqa: E501 -- markup and tables read better in one line
"""Markdown of cells: GitHub's flavour, maths, code, pictures; headings with ids of their own."""

import re

import pytest

from apps_runtime.outputs.markdown import Heading, headings, render_markdown


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("plain *soft* **strong** ~~gone~~", "<p>plain <em>soft</em> <strong>strong</strong> <s>gone</s></p>\n"),
        ("# Size", '<h1 id="section-size">Size</h1>\n'),
        ("$a_b$ and $$c$$", '<p><math-tex>a_b</math-tex> and <math-tex display="block">c</math-tex></p>\n'),
        ("It costs $5 and $10.", "<p>It costs $5 and $10.</p>\n"),
        (r"\begin{align}a&=b\end{align}", '<p><math-tex display="block">\\begin{align}a&amp;=b\\end{align}</math-tex></p>\n'),
        ("`a < b`", "<p><code>a &lt; b</code></p>\n"),
        ("```python\nx = 1\n```", '<pre class="code"><code>x = <span class="n tok-number">1</span></code></pre>\n'),
        ("```nonsense\na<b\n```", '<pre class="code"><code>a&lt;b</code></pre>\n'),
        ("[x](https://a.b)", '<p><a href="https://a.b" rel="noopener noreferrer">x</a></p>\n'),
        ("[x](?_n=3)", '<p><a href="?_n=3" rel="noopener noreferrer">x</a></p>\n'),
        ("[x](#Size)\n# Size", '<p><a href="#section-size" rel="noopener noreferrer">x</a></p>\n<h1 id="section-size">Size</h1>\n'),
        ("<b>raw</b> <u onclick=x>html</u>", "<p><b>raw</b> <u>html</u></p>\n"),
        ("|a|b|\n|-|-:|\n|1|2|", '<div class="table-frame"><table class="table">\n<thead>\n<tr>\n<th>a</th>\n<th class="num">b</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>1</td>\n<td class="num">2</td>\n</tr>\n</tbody>\n</table></div>\n'),
    ],
)  # fmt: skip
def test_markdown_becomes_html(source, html):
    assert render_markdown(source) == html


def test_a_task_is_a_box_that_cannot_be_ticked():
    html = render_markdown("- [x] done\n- [ ] not <input onclick=x>")
    boxes = re.findall(r"<input [^>]*>", html)
    assert [("checked" in box, "disabled" in box, 'type="checkbox"' in box) for box in boxes] == [
        (True, True, True),
        (False, True, True),
        (False, True, True),
    ]


def test_footnotes_point_at_each_other():
    html = render_markdown("a[^n] b[^n]\n\n[^n]: Note", prefix="c1")
    for anchor in ("c1-cited-1", "c1-cited-1-1", "c1-note-1"):
        assert f'id="{anchor}"' in html
        assert f'href="#{anchor}"' in html


def test_headings_have_distinct_anchors_also_in_the_page():
    source = "# Hi *there* `x`\n## Size\n## Size\n\n# Größe\n# !!!\n```\n# no heading\n```\n> # quoted"
    assert headings(source, prefix="c1") == [
        Heading(1, "Hi there x", "c1-hi-there-x"),
        Heading(2, "Size", "c1-size"),
        Heading(2, "Size", "c1-size-2"),
        Heading(1, "Größe", "c1-größe"),
        Heading(1, "!!!", "c1-part"),
    ]
    html = render_markdown(source, prefix="c1")
    assert all(f'id="{heading.anchor}"' in html for heading in headings(source, prefix="c1"))


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("attachment:a.png", 'src="data:image/png;base64,aGk="'),
        ("attachment:lines.png", 'src="data:image/png;base64,aGk="'),
        ("attachment:none.png", None),
        ("attachment:a.html", None),
        ("figures/rain.png", 'src="/file?path=figures/rain.png"'),
        ("data:image/gif;base64,R0lGODlh", 'src="data:image/gif;base64,R0lGODlh"'),
        ("data:text/html;base64,R0lGODlh", None),
        ("https://elsewhere.example/x.png", None),
        ("//elsewhere.example/x.png", None),
        ("/admin/x.png", None),
    ],
)
def test_pictures_come_from_the_project_only(address, shown):
    attachments = {
        "a.png": {"image/png": "aGk=\n"},
        "lines.png": {"image/png": ["aG\n", "k="]},
        "a.html": {"text/html": "aGk="},
    }
    html = render_markdown(f"![x]({address})", attachments, file_address=lambda path: f"/file?path={path}")
    assert (shown in html) if shown else ("src=" not in html)
    assert 'alt="x"' in html or html == f"<p>![x]({address})</p>\n"


def test_links_to_files_of_the_project():
    assert 'href="/file?path=data.csv"' in render_markdown(
        "[x](data.csv)", file_address=lambda path: f"/file?path={path}"
    )
    assert "href" not in render_markdown("[x](data.csv)", file_address=lambda path: None)


def test_a_text_that_asks_for_files_is_not_kept_for_other_projects():
    source = "![x](a.png) of two projects"
    assert "/one/a.png" in render_markdown(source, file_address=lambda path: f"/one/{path}")
    assert "/two/a.png" in render_markdown(source, file_address=lambda path: f"/two/{path}")


def test_a_text_that_is_too_long_is_shown_as_it_is():
    html = render_markdown("# x\n" * 300_000)

    assert html.startswith('<p class="quiet">This text is shown as it was written')
    assert html.endswith("</p>\n<pre>" + "# x\n" * 300_000 + "</pre>")


@pytest.mark.parametrize(
    "source, html",
    [
        ("שלום world", '<p dir="rtl">שלום world</p>'),
        ("world שלום", "<p>world שלום</p>"),
        ("12 שלום", '<p dir="rtl">12 שלום</p>'),
        ("12\n\nשלום", '<p>12</p>\n<p dir="rtl">שלום</p>'),
        ("- 1\n- مرحبا", '<ul dir="rtl">\n<li>1</li>\n<li>مرحبا</li>\n</ul>'),
        ("> # כותרת", '<blockquote dir="rtl">\n<h1 dir="rtl">כותרת</h1>\n</blockquote>'),
    ],
)
def test_right_to_left_begins_at_the_right(source, html):
    assert html in render_markdown(source)
