// The run log, and a run's own page.
import "./page.js";
import "../elapsed-time.js";
import "../live-search.js";
import "../live-part.js";
import "../version-control.js";
import "../picture-compare.js";
import "../run-keys.js";
