"""What a visitor's browser sees, in the same words for every product."""

import math
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import psutil
from playwright.sync_api import Page, TimeoutError

PATIENCE = 15_000
MOST_HUNG = 4
REST = 0.4  # Seconds between two changes.

# In every page, before its own scripts: looks at each frame (in a browser's sense) for the chart and the words that
# say what it was made for, in open shadow trees too. `seen` is the time since the navigation began, or since the key.
WATCH = """
(() => {
  if (window !== window.top) return;
  const known = new Set();
  const state = (window.__bench = { value: null, seen: null, began: 0 });
  const shown = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  function* trees(root) {
    yield root;
    for (const element of root.querySelectorAll("*")) if (element.shadowRoot) yield* trees(element.shadowRoot);
  }
  const charts = () => [...trees(document)].flatMap((tree) => [...tree.querySelectorAll("img")])
    .filter((one) => one.complete && one.naturalWidth >= 400 && shown(one)
      && one.getBoundingClientRect().height > 50);
  const said = (words) => [...trees(document)].some((tree) => {
    const text = tree === document ? document.body : tree;
    return text && text.textContent.includes(words) && [...tree.querySelectorAll("*")].some((element) =>
      element.childElementCount === 0 && element.textContent.includes(words) && element.tagName !== "SCRIPT"
      && shown(element));
  });
  const look = () => {
    if (state.seen === null && state.value !== null && document.body) {
      const fresh = charts().filter((one) => !known.has(one.src));
      if (fresh.length && said(`made for ${state.value}`)) {
        state.seen = performance.now() - state.began;
        state.size = `${fresh[0].naturalWidth} × ${fresh[0].naturalHeight}`;
        if (state.tell) state.tell(state.seen);
        charts().forEach((one) => known.add(one.src));
      }
    }
    requestAnimationFrame(look);
  };
  state.value = 20;
  requestAnimationFrame(look);
  window.__seen = (patience) => new Promise((resolve) => {
    state.tell = resolve;
    if (state.seen !== null) resolve(state.seen);
    setTimeout(resolve, patience, null);
  });
  window.__expect = (value) => {
    charts().forEach((one) => known.add(one.src));
    Object.assign(state, { value, seen: null, began: Infinity });
  };
  const begin = () => { if (state.began === Infinity) state.began = performance.now(); };
  window.addEventListener("keydown", begin, true);
})();
"""


@dataclass
class Spread:
    """Milliseconds, or megabytes, of many tries."""

    values: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.values) if self.values else math.nan

    def __str__(self) -> str:
        if not self.values:
            return "never"
        return f"{self.median:,.0f} ({min(self.values):,.0f}–{max(self.values):,.0f})"


@dataclass
class Measured:
    opened: Spread
    second: Spread
    again: Spread
    first_change: Spread
    change: Spread
    one_viewer: float
    looking: float
    session: float
    requests: int
    kilobytes: float
    kept: bool
    hung: int
    size: str


@dataclass
class Visitor:
    """Opens windows on one app. `hung` counts those that never showed the chart: they are opened again, and appear in
    no other figure."""

    chromium: Any
    url: str
    hung: int = 0

    @contextmanager
    def window(self, found: list | None = None) -> Iterator[tuple[Any, float]]:
        """A page that shows the app, in a browser window of its own with an empty cache; with the time it took."""
        context, page = self._new(found)
        try:
            while True:
                try:
                    took = self.open(page)
                    break
                except TimeoutError:
                    self.hung += 1
                    if self.hung > MOST_HUNG:
                        raise
                    context.close()
                    context, page = self._new(found)
            yield page, took
        finally:
            context.close()

    def open(self, page: Page) -> float:
        page.goto(self.url, wait_until="commit", timeout=PATIENCE)
        return seen(page)

    def once_more(self, page: Page) -> list[float]:
        """The same in a window that has shown it; nothing when it hangs now."""
        try:
            return [self.open(page)]
        except TimeoutError:
            self.hung += 1
            return []

    def _new(self, found: list | None) -> tuple[Any, Any]:
        context = self.chromium.new_context(viewport={"width": 1440, "height": 900})
        context.add_init_script(WATCH)
        page = context.new_page()
        if found is not None:
            found.clear()
            page.on("requestfinished", lambda request: found.append(request))
        return context, page


def seen(page: Page) -> float:
    """Milliseconds. Raises TimeoutError: the page never showed what was expected."""
    took = page.evaluate("(patience) => window.__seen(patience)", PATIENCE)
    if took is None:
        words = page.evaluate("document.body.innerText.slice(0, 500)")
        raise TimeoutError(f"The page did not show the chart in time; it shows {words!r}.")
    return took


def change(page: Page, value: int) -> float:
    """One step of the slider, by its key."""
    page.get_by_role("slider").first.focus()
    page.evaluate("(value) => window.__expect(value)", value)
    page.keyboard.press("ArrowRight")
    return seen(page)


def measure(visitor: Visitor, server: psutil.Process, *, opens: int, changes: int, sessions: int) -> Measured:
    """All that is measured of one product. The first window of all is not counted: it warms what is warmed once."""
    found: list = []
    with visitor.window(found) as (page, _):
        size = page.evaluate("window.__bench.size")
        page.wait_for_timeout(1000)
        requests, kilobytes = _weight(found)
    opened, second, again, first = Spread(), Spread(), Spread(), Spread()
    for _ in range(opens):
        with visitor.window() as (page, took):
            opened.values.append(took)
            again.values.extend(visitor.once_more(page))
    with visitor.window() as (page, _):
        for _ in range(opens):
            with visitor.window() as (_, took):
                second.values.append(took)
        first.values.append(change(page, 21))
        moved = Spread(list(changes_of(page, changes)))
        page.reload(wait_until="commit")
        kept = _kept(page, 21 + changes)
    one, looking, each, more = _memory(visitor, server, sessions)
    first.values.extend(more)
    return Measured(
        opened, second, again, first, moved, one, looking, each, requests, kilobytes, kept, visitor.hung, size
    )


def changes_of(page: Page, count: int) -> Iterator[float]:
    for index in range(count):
        time.sleep(REST)
        yield change(page, 22 + index)


def _kept(page: Page, value: int) -> bool:
    """Whether the page shows the visitor's own value again after a reload."""
    page.evaluate("(value) => { window.__bench.value = value; }", value)
    return page.evaluate("(patience) => window.__seen(patience)", 5_000) is not None


def _memory(visitor: Visitor, server: psutil.Process, count: int) -> tuple[float, float, float, list[float]]:
    """Megabytes of the server with one viewer; of each further viewer who only looks; of each further session whose
    slider was moved. And what these first moves took."""
    with ExitStack() as open_windows:
        open_windows.enter_context(visitor.window())
        one = _settled(server)
        pages = [open_windows.enter_context(visitor.window())[0] for _ in range(count)]
        looking = _settled(server)
        times = [change(page, 21) for page in pages]
        moved = _settled(server)
    return one, (looking - one) / count, (moved - one) / count, times


def _settled(server: psutil.Process) -> float:
    """Megabytes, once they stay the same for a second; at most ten seconds."""
    before, until = held(server), time.monotonic() + 10
    while time.monotonic() < until:
        time.sleep(1)
        now = held(server)
        if abs(now - before) < 2:
            return now
        before = now
    return before


def held(server: psutil.Process) -> float:
    """Megabytes of a process and all below it."""
    total = 0
    for process in [server, *server.children(recursive=True)]:
        try:
            total += process.memory_full_info().pss
        except psutil.NoSuchProcess:
            continue
    return total / 1e6


def _weight(found: list) -> tuple[int, float]:
    sizes = [one.sizes() for one in found if one.url.startswith("http")]
    return len(sizes), sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes) / 1024
