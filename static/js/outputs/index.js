// Everything that outputs of cells do in a page.
import "./data-table.js";
import "./failure-trace.js";
import "./fold-text.js";
import "./math-tex.js";
import "./output-frame.js";
