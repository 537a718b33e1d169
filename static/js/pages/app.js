// Everything the app's page does.
import "./page.js";
import "../elapsed-time.js";
import "../app-session.js";
import "../app-large.js";
import "../app-links.js";
import "../link-builder.js";
import "../app-presentation.js";
import "../app-print.js";
import "../outputs/index.js";
