# ruff: noqa: E501 -- markup and tables read better in one line
"""Texts that try to run something, and a judge of markup that would."""

from html.parser import HTMLParser

from apps_runtime.outputs.permitted import PROPERTIES, TAGS

RUN = "window.__pwned=1"

CORPUS = [
    f"<script>{RUN}</script>",
    f"<ScRiPt src='data:text/javascript,{RUN}'></sCrIpT>",
    f"<img src=x onerror={RUN}>",
    f"<img src=x onerror\n=\n{RUN}//",
    f"<svg onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f"<svg><a xlink:href='javascript:{RUN}'><text y=20>x</text></a></svg>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f"<math><mtext></p><style><img src=x onerror={RUN}></style></mtext></math>",
    f"<math><annotation-xml encoding='text/html'><img src=x onerror={RUN}></annotation-xml></math>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'></iframe>",
    f"<iframe src='javascript:parent.{RUN}'></iframe>",
    f"<object data='javascript:{RUN}'></object>",
    f"<embed src='data:text/html,<script>{RUN}</script>'>",
    f"<a href='javascript:{RUN}'>x</a>",
    f"<a href='java&#x09;script:{RUN}'>x</a>",
    f"<a href=' &#14; javascript:{RUN}'>x</a>",
    f"<a href='vbscript:{RUN}'>x</a>",
    f"<a href='data:text/html,<script>{RUN}</script>'>x</a>",
    "<a href='//evil.example/'>x</a>",
    "<a href='\\\\evil.example/'>x</a>",
    f"<form action='javascript:{RUN}'><button autofocus onfocus={RUN}>x</button></form>",
    f"<input autofocus onfocus={RUN}>",
    f"<details open ontoggle={RUN}>x</details>",
    f"<video><source onerror={RUN}></video>",
    f"<body onload={RUN}>",
    f"<template><script>{RUN}</script></template>",
    f"<noscript><p title='</noscript><img src=x onerror={RUN}>'></noscript>",
    f"<p title='<input><img src=x onerror={RUN}>'>x</p>",
    f"<p title='--><img src=x onerror={RUN}>'>x</p>",
    f"<!--><img src=x onerror={RUN}>-->",
    f"<![CDATA[><img src=x onerror={RUN}>]]>",
    f"<div style='background:url(javascript:{RUN})'>x</div>",
    "<div style='background: url(https://evil.example/x)'>x</div>",
    "<div style='position:fixed;inset:0;z-index:9999'>over everything</div>",
    "<div style='color:red;--text:blue'>x</div>",
    "<div style='width:expression(alert(1))'>x</div>",
    "<style>@import 'https://evil.example/x.css'; * { display: none }</style>",
    "<link rel=stylesheet href='https://evil.example/x.css'>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    "<base href='https://evil.example/'>",
    "<img src='https://evil.example/track.gif'>",
    "<img srcset='https://evil.example/track.gif 1x'>",
    "<form id=body><input name=attributes></form>",
    "<a id=app href='x'>x</a><a id=app name=y href='x'>x</a>",
    "<img name=currentScript><img id=notices-floating>",
    f"<output-frame data-src='javascript:{RUN}'></output-frame>",
    "<output-frame data-src='/admin/'></output-frame>",
    "<data-table data-src='/admin/'></data-table>",
    "<button data-run data-action='delete' popovertarget='x'>x</button>",
    "<div data-commandlinker-command='x' data-fragment='main' class='menu dialogue bar' hidden>x</div>",
    f"<p onclick={RUN} onmouseover={RUN} accesskey=x contenteditable>x</p>",
    f"<math-tex>\\href{{javascript:{RUN}}}{{x}}</math-tex>",
    f"\x1b]8;;javascript:{RUN}\x07link\x1b]8;;\x07",
    f"\x1b[31m<img src=x onerror={RUN}>\x1b[0m",
    f'\x1b[31;"onmouseover={RUN}m<b>',
    f'"><img src=x onerror={RUN}>',
    f"'><img src=x onerror={RUN}>",
    f"</pre></div></section><img src=x onerror={RUN}>",
    f"&lt;img src=x onerror={RUN}&gt;",
    f"&#60;img src=x onerror={RUN}&#62;",
    "{{ settings.SECRET_KEY }}{% debug %}",
    f"[x](javascript:{RUN})",
    f"![x](javascript:{RUN})",
    f"[x](<javascript:{RUN}>)",
    f"[x]: javascript:{RUN}\n\n[x]",
    f"<javascript:{RUN}>",
    f"![<img src=x onerror={RUN}>](attachment:x)",
    f"```<img/src=x/onerror={RUN}>\nx\n```",
    f"# <img src=x onerror={RUN}>",
    f"# x {{#app onclick={RUN}}}",
    f"$\\href{{javascript:{RUN}}}{{x}}$",
    f"$</math-tex><img src=x onerror={RUN}>$",
    f"[^1]\n\n[^1]: <img src=x onerror={RUN}>",
    f"| a |\n|---|\n| <img src=x onerror={RUN}> |",
    f"- [ ] <img src=x onerror={RUN}>",
]

# What the templates themselves write, beside what authors may.
OWN_TAGS = {
    "fold-text", "failure-trace", "data-table", "output-frame", "math-tex", "button", "input", "svg", "use", "img",
    "progress", "noscript",
}  # fmt: skip
OWN_ATTRIBUTES = {
    "class", "style", "href", "src", "alt", "title", "width", "height", "colspan", "rowspan", "scope", "rel", "type",
    "aria-label", "aria-hidden", "aria-expanded", "role", "tabindex", "disabled", "hidden", "placeholder", "decoding", "value",
    "max", "min", "open", "display", "id", "checked", "lang", "dir", "align", "valign", "start", "target", "datetime", "span",
}  # fmt: skip
OWN_DATA = {
    "data-key", "data-keep", "data-src", "data-title", "data-height", "data-rows", "data-total", "data-compact", "data-more",
    "data-less", "data-action", "data-sort", "data-said", "data-shown", "data-stream", "data-long", "data-short", "data-whole",
}  # fmt: skip


def faults(
    html: str, *, urls: tuple[str, ...] = ("/o/", "/static/"), anchors: tuple[str, ...] = ("section-", "output-")
) -> list[str]:
    """What in this markup could run, fetch, name itself or pass for a part of the page."""
    judge = _Judge(urls, anchors)
    judge.feed(html)
    judge.close()
    return judge.faults


class _Judge(HTMLParser):
    def __init__(self, urls: tuple[str, ...], anchors: tuple[str, ...]) -> None:
        super().__init__(convert_charrefs=True)
        self.urls, self.anchors = urls, anchors
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS | OWN_TAGS:
            self.faults.append(f"<{tag}>")
        for name, value in attrs:
            value = value or ""
            if name not in OWN_ATTRIBUTES | OWN_DATA:
                self.faults.append(f"<{tag} {name}>")
            if name in ("data-src", "src") and not value.startswith((*self.urls, "data:image/")):
                self.faults.append(f"<{tag} {name}={value}>")
            if name == "href" and not self._is_link(value):
                self.faults.append(f"<{tag} href={value}>")
            if name == "id" and not value.startswith(self.anchors):
                self.faults.append(f"<{tag} id={value}>")
            if name == "style":
                self._judge_style(value)

    def _is_link(self, address: str) -> bool:
        if address.startswith(("http://", "https://", "mailto:", "#", "?", *self.urls)):
            return True
        return ":" not in address.split("/")[0] and not address.startswith(("//", "\\"))

    def _judge_style(self, style: str) -> None:
        for declaration in filter(None, style.split(";")):
            name, _, value = declaration.partition(":")
            if name.strip() not in PROPERTIES | {"--ansi-text", "--ansi-ground"}:
                self.faults.append(f"style {name}")
            if "url" in value or "(" in value.replace("rgb(", "").replace("rgba(", "").replace("hsl(", ""):
                self.faults.append(f"style {value}")
