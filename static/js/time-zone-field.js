// Offers the browser's own time zone where another one is chosen: <time-zone-field> around a select.

class TimeZoneField extends HTMLElement {
  connectedCallback() {
    const select = this.querySelector("select");
    const offer = this.querySelector("p[hidden]");
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (!zone || select.value === zone || ![...select.options].some((option) => option.value === zone)) return;
    offer.querySelector("[data-zone]").textContent = zone.replaceAll("_", " ");
    offer.hidden = false;
    offer.querySelector("button").addEventListener("click", () => {
      select.value = zone;
      offer.hidden = true;
      select.focus();
    });
  }
}

customElements.define("time-zone-field", TimeZoneField);
