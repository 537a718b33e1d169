// Puts a new fragment in the place of an old one without a blank moment: frames show their old output until the new one
// is drawn, tables that did not change keep their order and filter, pictures cover each other.

/**
 * @param {Element} old an element of the page
 * @param {Element} next an element that is in no page yet; afterwards it stands where `old` stood
 */
export function replace(old, next) {
  const tables = pairsByKey(old, next);
  const frames = pairsByPlace(old, next);
  coverPictures(old, next);
  for (const [before, after] of tables) after.replaceWith(before);
  const moves = frames
    .filter(([before, after]) => keepHeight(before, after))
    .map(([before, after]) => {
      const place = document.createComment("");
      after.replaceWith(place);
      return [before, after, place];
    });
  if (moves.length === 0) {
    old.replaceWith(next);
    return;
  }
  // A frame loads again when it is taken out of the page, so it is moved while both are in it.
  old.after(next);
  for (const [before, after, place] of moves) {
    place.parentNode.moveBefore(before, place);
    place.remove();
    before.become(after);
  }
  old.remove();
}

/** Frames in their order: the first of the new fragment comes to the place of the first of the old one. */
function pairsByPlace(old, next) {
  const before = [...old.querySelectorAll("output-frame")];
  return [...next.querySelectorAll("output-frame")]
    .slice(0, before.length)
    .map((frame, place) => [before[place], frame]);
}

function pairsByKey(old, next) {
  const before = new Map([...old.querySelectorAll("[data-keep]")].map((element) => [element.dataset.keep, element]));
  return [...next.querySelectorAll("[data-keep]")].flatMap((element) => {
    const kept = before.get(element.dataset.keep);
    before.delete(element.dataset.keep);
    return kept && kept.localName === element.localName ? [[kept, element]] : [];
  });
}

/** True if the frame can be moved as it is; a browser that can't do that reserves its height at least. */
function keepHeight(before, after) {
  if ("moveBefore" in Element.prototype && before.become) return true;
  if (before.height) after.dataset.height = String(before.height);
  return false;
}

/** A picture that is still loading shows the one it replaces. */
function coverPictures(old, next) {
  const before = [...old.querySelectorAll(".output-image > img")];
  const after = [...next.querySelectorAll(".output-image > img")];
  after.slice(0, before.length).forEach((picture, place) => {
    const was = before[place];
    const sameSize =
      was.getAttribute("width") === picture.getAttribute("width") &&
      was.getAttribute("height") === picture.getAttribute("height");
    if (was.src === picture.src || !sameSize || !was.complete) return;
    picture.style.background = `url("${was.src}") 0 0 / 100% 100% no-repeat`;
    const uncover = () => picture.style.removeProperty("background");
    picture.addEventListener("load", uncover, { once: true });
    picture.addEventListener("error", uncover, { once: true });
  });
}
