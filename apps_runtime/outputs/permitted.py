"""What HTML of authors may consist of. Nothing here runs, submits, fetches, or floats over the page."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TAGS = _words(
    """
    a abbr b bdi bdo br cite code data del dfn em font i ins kbd mark meter progress q rp rt ruby s samp small span
    strong sub sup time tt u var wbr
    address article aside blockquote caption center dd details div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6
    header hr img li main nav ol p pre section summary ul
    col colgroup table tbody td tfoot th thead tr
    """
)

# Elements whose content is no text for a reader.
SILENT = _words("applet embed iframe math noscript object script select style svg template textarea title")

# Classes of the design that say how something looks; none that a script of ours looks for.
CLASSES = _words(
    """
    columns dense key label line nothing nowrap num numbers quiet series-1 series-2 series-3 series-4 series-5 series-6
    series-rest share small soft strong table table-frame than wrap
    """
)

MARKDOWN_CLASSES = CLASSES | _words(
    """
    c code contains-task-list f footnote-item footnote-ref footnotes footnotes-list k n s task-list-item tok-comment
    tok-escape tok-function tok-keyword tok-number tok-string tok-typeName
    """
)

PROPERTIES = _words(
    """
    --share align-items align-self background background-color border border-bottom border-collapse border-color
    border-left border-radius border-right border-spacing border-style border-top border-width color column-gap display
    flex flex-direction flex-grow flex-wrap font-family font-size font-style font-variant font-weight gap
    grid-template-columns height justify-content letter-spacing line-height list-style margin margin-bottom margin-left
    margin-right margin-top max-height max-width min-height min-width opacity overflow overflow-x overflow-y padding
    padding-bottom padding-left padding-right padding-top row-gap text-align text-decoration text-indent text-transform
    vertical-align white-space width word-break
    """
)

ATTRIBUTES = {
    "*": {"title", "lang", "dir", "style", "align", "valign"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "th": {"colspan", "rowspan", "scope"},
    "td": {"colspan", "rowspan"},
    "col": {"span"},
    "ol": {"start", "reversed"},
    "li": {"value"},
    "details": {"open"},
    "time": {"datetime"},
    "data": {"value"},
    "meter": {"value", "min", "max", "low", "high", "optimum"},
    "progress": {"value", "max"},
    "font": {"color"},
}
