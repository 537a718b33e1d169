// The border between two columns: dragged, or moved with the arrow keys.

const PAUSE = 400; // ms after the last key: then the width is kept

export function followDividers(builder) {
  const timers = new WeakMap();
  builder.addEventListener("pointerdown", (event) => {
    const divider = event.target.closest(".divider");
    if (!divider || event.button) return;
    event.preventDefault();
    divider.focus();
    drag(builder, divider, event);
  });
  builder.addEventListener("keydown", (event) => {
    const divider = event.target.closest(".divider");
    if (!divider) return;
    const now = Number(divider.ariaValueNow);
    const wanted = {
      ArrowLeft: now - 1,
      ArrowRight: now + 1,
      Home: Number(divider.ariaValueMin),
      End: Number(divider.ariaValueMax),
    }[event.key];
    if (wanted === undefined) return;
    event.preventDefault();
    show(divider, wanted);
    clearTimeout(timers.get(divider));
    timers.set(
      divider,
      setTimeout(() => keep(builder, divider), PAUSE),
    );
  });
}

function drag(builder, divider, event) {
  divider.setPointerCapture(event.pointerId);
  divider.dataset.dragging = "";
  const row = divider.closest(".row").getBoundingClientRect();
  const left = builder.stage.get(divider.dataset.left).closest(".slot").getBoundingClientRect();
  const move = ({ clientX }) => show(divider, Math.round(((clientX - left.left) / row.width) * 12));
  const end = () => {
    delete divider.dataset.dragging;
    divider.removeEventListener("pointermove", move);
    builder.stage.settle();
    keep(builder, divider);
  };
  divider.addEventListener("pointermove", move);
  divider.addEventListener("pointerup", end, { once: true });
  divider.addEventListener("pointercancel", end, { once: true });
}

/** Both columns get their widths on the screen, and the border says them. */
function show(divider, span) {
  const both = Number(divider.dataset.both);
  const left = Math.max(Number(divider.ariaValueMin), Math.min(span, Number(divider.ariaValueMax)));
  const slot = divider.closest(".slot");
  slot.style.setProperty("--span", both - left);
  slot.previousElementSibling.style.setProperty("--span", left);
  divider.ariaValueNow = String(left);
  divider.ariaValueText = `${left} of 12 columns`;
  const output = divider.querySelector("output");
  output.hidden = false;
  output.textContent = `${left} to ${both - left}`;
}

async function keep(builder, divider) {
  const output = divider.querySelector("output");
  await builder.do("resize", { cell: divider.dataset.left, span: Number(divider.ariaValueNow) });
  output.hidden = true;
}
