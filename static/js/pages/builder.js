// Everything the App view of the notebook page does.
import "./page.js";
import "../elapsed-time.js";
import "../builder/app-builder.js";
import "../publish-dialogue.js";
import "../version-control.js";
import "../outputs/index.js";
