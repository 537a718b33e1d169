"""Each row of the bars as a function that returns figures."""

import http.client
import json
import statistics
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

# Moves the slider, and stops the clock when the page shows the output for it; the cell says what it was made for, and
# how long it took itself.
CHANGE = """
([slider, value]) => new Promise((resolve) => {
  const range = document.getElementById(slider);
  const began = performance.now();
  const check = () => {
    const text = document.getElementById("block-chart").innerText;
    const match = text.match(new RegExp(`made for ${value} in ([0-9.]+) ms`));
    if (match) {
      observer.disconnect();
      resolve([performance.now() - began, Number(match[1])]);
    }
  };
  const observer = new MutationObserver(check);
  observer.observe(document.body, { childList: true, subtree: true, characterData: true });
  range.value = value;
  range.dispatchEvent(new Event("input", { bubbles: true }));
  range.dispatchEvent(new Event("change", { bubbles: true }));
})
"""


@dataclass(frozen=True)
class Figures:
    """Milliseconds of many tries."""

    values: tuple[float, ...]

    @property
    def p50(self) -> float:
        return statistics.median(self.values)

    @property
    def p95(self) -> float:
        ordered = sorted(self.values)
        return ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]

    def __str__(self) -> str:
        spread = f"{min(self.values):.0f}–{max(self.values):.0f}"
        return f"p50 {self.p50:.0f} ms, p95 {self.p95:.0f} ms ({len(self.values)} tries, {spread})"


def open_app(page, address: str, tries: int) -> tuple[Figures, Figures]:
    """Navigation → last picture in the page, and the server's own time for the page."""
    whole, server = [], []
    for _ in range(tries):
        page.goto(address, wait_until="load")
        timing = json.loads(page.evaluate("JSON.stringify(performance.getEntriesByType('navigation')[0])"))
        whole.append(timing["loadEventStart"])
        server.append(timing["responseStart"] - timing["requestStart"])
    return Figures(tuple(whole)), Figures(tuple(server))


def server_time(page, url: str, address: str, tries: int) -> Figures:
    """From the request to the first byte of the page, asked by a client that does nothing else meanwhile."""
    cookies = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in page.context.cookies())
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    times = []
    for _ in range(tries):
        time.sleep(0.05)
        began = time.perf_counter()
        connection.request("GET", address, headers={"Cookie": cookies})
        answer = connection.getresponse()
        times.append((time.perf_counter() - began) * 1000)
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{address} answers {answer.status}")
    connection.close()
    return Figures(tuple(times))


def weight(page, address: str) -> tuple[int, float]:
    """Requests and kilobytes of a first visit, without the charts' own libraries."""
    page.wait_for_load_state("networkidle")  # of the page before, whose pictures are not this one's
    found: list = []
    page.on("response", lambda one: found.append(one))
    page.goto(address, wait_until="networkidle")
    counted = [one for one in found if not any(name in one.url for name in ("/plotly", "/vega"))]
    sizes = [one.request.sizes() for one in counted]
    return len(counted), sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes) / 1024


def change_input(page, address: str, tries: int) -> tuple[float, Figures, Figures]:
    """First change (a kernel is taken, everything runs), then changes: what the reader waits beyond the cell's own
    time, and the cells' own times."""
    page.goto(address, wait_until="networkidle")
    first, _ = page.evaluate(CHANGE, ["input-n", "7"])
    beyond, own = [], []
    for index in range(tries):
        whole, cell = page.evaluate(CHANGE, ["input-n", str(10 + index % 80)])
        beyond.append(whole - cell)
        own.append(cell)
        page.wait_for_selector('#status[data-busy="false"]')
    return first, Figures(tuple(beyond)), Figures(tuple(own))
