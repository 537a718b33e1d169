// Everything the files page does.
import "./page.js";
import "../project-files.js";
