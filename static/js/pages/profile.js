// One's own profile.
import "./page.js";
import "../time-zone-field.js";
