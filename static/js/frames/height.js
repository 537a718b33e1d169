// In a frame: says how high the content is, and nothing else. The host listens to nothing else either.
(() => {
  let last = 0;

  function report() {
    const { body } = document;
    if (!body || "drawing" in body.dataset) return;
    const h = Math.ceil(Math.max(body.getBoundingClientRect().height, body.scrollHeight));
    if (h === last) return;
    last = h;
    parent.postMessage({ h }, "*"); // To an opaque origin the host's is not known; a height is no secret.
  }

  addEventListener("DOMContentLoaded", () => {
    new ResizeObserver(report).observe(document.body);
    // A chart says when it is drawn; until then the host shows the old one.
    new MutationObserver(report).observe(document.body, { attributeFilter: ["data-drawing"] });
  });
  addEventListener("load", report);
})();
