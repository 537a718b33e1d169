"""HTML of authors, made harmless: an allowlist of elements, attributes, classes and style properties (nh3).

No scripts, forms, frames, ids or names: ids of an author could stand in for the page's own (DOM clobbering,
CVE-2024-43805), `data-…` and custom elements could be taken for its controls (CVE-2026-42557).
"""

import re
from collections.abc import Callable

import nh3
from django.utils.safestring import SafeString

from apps_runtime.outputs.permitted import ATTRIBUTES, CLASSES, MARKDOWN_CLASSES, PROPERTIES, SILENT, TAGS
from apps_runtime.outputs.safe import safe

# An address in an author's text → the address in the page, None for none.
Resolver = Callable[[str], str | None]

_SCHEMES = {"http", "https", "mailto", "data", "attachment"}
PICTURE_DATA = re.compile(r"data:image/(?:png|jpe?g|gif|webp|svg\+xml)(?:;[a-z0-9=-]+)*,", re.IGNORECASE)
# What could make a style fetch something or hide what it says.
_DOUBTFUL_STYLE = re.compile(r"url|image|\\|@|expression|attr\(|/\*", re.IGNORECASE)


def sanitised(html: str) -> SafeString:
    """Markup of an output that may stand in the page. Its pictures are those that it carries in itself."""
    return safe(_clean(html, TAGS, ATTRIBUTES, CLASSES))


def sanitised_markdown(html: str, *, picture: Resolver, link: Resolver, anchor_prefix: str) -> SafeString:
    """What markdown became, with raw HTML of the author in it. `picture` and `link` are asked for addresses without a
    scheme; ids are allowed where they begin with the prefix."""
    attributes = {**ATTRIBUTES, "math-tex": {"display"}, "input": {"checked"}}
    for tag in ("h1", "h2", "h3", "h4", "h5", "h6", "li", "sup", "a"):
        attributes[tag] = attributes.get(tag, set()) | {"id"}
    tags = TAGS | {"math-tex", "input"}
    return safe(_clean(html, tags, attributes, MARKDOWN_CLASSES, picture, link, anchor_prefix))


def _clean(
    html: str,
    tags: frozenset[str],
    attributes: dict[str, set[str]],
    classes: frozenset[str],
    picture: Resolver | None = None,
    link: Resolver | None = None,
    anchor_prefix: str | None = None,
) -> str:
    def filtered(tag: str, attribute: str, value: str) -> str | None:
        match tag, attribute:
            case "img", "src":
                return _picture(value, picture)
            case "a", "href":
                return _link(value.strip(), link)
            case _, "style":
                return None if _DOUBTFUL_STYLE.search(value) else value
            case _, "id":
                return value if anchor_prefix and value.startswith(anchor_prefix) else None
        return value

    return nh3.clean(
        html,
        tags=set(tags),
        clean_content_tags=set(SILENT),
        attributes={tag: set(names) for tag, names in attributes.items()},
        attribute_filter=filtered,
        allowed_classes={tag: set(classes) for tag in tags},
        filter_style_properties=set(PROPERTIES),
        url_schemes=_SCHEMES,
        # The only input that markdown makes is the box of a task list; an author's own one becomes the same.
        set_tag_attribute_values={"input": {"type": "checkbox", "disabled": "", "aria-label": "Task"}},
    )


def _picture(address: str, resolve: Resolver | None) -> str | None:
    if PICTURE_DATA.match(address.strip()):
        return address
    return resolve(address) if resolve else None


def _link(address: str, resolve: Resolver | None) -> str | None:
    """A link on the web, in the page, or to a file beside the notebook; none of another scheme."""
    if re.match(r"(?:https?:|mailto:)", address, re.IGNORECASE) or address[:1] in ("#", "?"):
        return address
    if re.match(r"(?:[\\/]{2}|/\\|[^/?#]*:)", address) or not address:
        return None
    return address if resolve is None or address.startswith("/") else resolve(address)
