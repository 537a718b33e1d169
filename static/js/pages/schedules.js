// Schedules of a project.
import "./page.js";
import "../elapsed-time.js";
import "../live-part.js";
import "../schedule-form.js";
