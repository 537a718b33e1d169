// The app's settings: each is saved as it is changed, and checked by the server.

const PAUSE_AFTER_TYPING = 600; // ms

export class SettingsForm {
  mayReplace = false; // while this person takes back a setting
  #timers = new Map();

  constructor(builder) {
    this.builder = builder;
    builder.addEventListener("change", ({ target }) => this.#changed(target.closest("#panel [data-setting]")));
    builder.addEventListener("input", ({ target }) => this.#typed(target.closest("#panel [data-setting]")));
    builder.addEventListener("click", ({ target }) => this.#chosen(target.closest("#panel button[data-setting]")));
    builder.addEventListener(
      "submit",
      (event) => event.target.matches("[data-app-settings]") && event.preventDefault(),
    );
  }

  get panel() {
    return document.getElementById("panel");
  }

  /** What somebody else changed, unless this person is at it. */
  takeOver(html) {
    const old = this.panel;
    if (!old || old.querySelector(":popover-open")) return;
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    if (focused && !this.mayReplace) return;
    const template = document.createElement("template");
    template.innerHTML = html.trim();
    const next = template.content.firstElementChild;
    // What only the whole page is told, such as whether one may delete the app, stays.
    for (const section of old.querySelectorAll(":scope > section")) next.append(section);
    next.scrollTop = old.scrollTop;
    old.replaceWith(next);
    // Choices of one setting differ by their value.
    const same = (one) =>
      one.dataset.setting === focused.dataset.setting && (one.type !== "radio" || one.value === focused.value);
    if (focused) [...next.querySelectorAll("[data-setting]")].find(same)?.focus();
  }

  refused(problems) {
    for (const { field, sentence } of problems) this.#say(field, sentence);
    return null;
  }

  #typed(field) {
    if (!field?.matches("input:not([type=checkbox], [type=radio]), textarea")) return;
    clearTimeout(this.#timers.get(field));
    this.#timers.set(
      field,
      setTimeout(() => this.#save(field), PAUSE_AFTER_TYPING),
    );
  }

  /** Save now what was typed a moment ago. */
  flush() {
    for (const field of [...this.#timers.keys()]) this.#save(field);
  }

  #changed(field) {
    if (field) this.#save(field);
  }

  #chosen(button) {
    if (!button) return;
    for (const other of button.parentElement.children) other.setAttribute("aria-pressed", String(other === button));
    this.#save(button);
  }

  #save(field) {
    clearTimeout(this.#timers.get(field));
    this.#timers.delete(field);
    const name = field.dataset.setting;
    this.#say(name, "");
    this.builder.do("settings", { settings: { [name]: valueOf(field) } });
  }

  #say(name, sentence) {
    const error = document.getElementById(`s-${name}-error`);
    if (!error) return;
    error.querySelector("span").textContent = sentence;
    error.hidden = !sentence;
    const control = document.getElementById(`s-${name}`);
    if (sentence) control.setAttribute("aria-invalid", "true");
    else control.removeAttribute("aria-invalid");
  }
}

function valueOf(field) {
  if (field.type === "checkbox") return field.checked;
  if (field.type === "number") return field.value === "" ? null : Number(field.value);
  return field.value;
}
