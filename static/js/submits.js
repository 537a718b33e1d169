// <select data-submits>: choosing is enough; without scripts the form has a button.

document.addEventListener(
  "change",
  ({ target }) => target.matches?.("select[data-submits]") && target.form.requestSubmit(),
);
