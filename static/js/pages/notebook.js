// Everything the notebook page does.
import "./page.js";
import "../elapsed-time.js";
import "../notebook/live-notebook.js";
import "../publish-dialogue.js";
import "../version-control.js";
import "../picture-compare.js";
import "../outputs/index.js";
import "../app-settings.js";
