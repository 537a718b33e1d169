// A date with a time: as a date (`date.js`), whose popover knows both.

export { value, words } from "./date.js";
