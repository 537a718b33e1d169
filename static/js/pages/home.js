// The lists: projects, a workspace's apps, a new project.
import "./page.js";
import "../live-part.js";
import "../live-search.js";
import "../notebook-drop.js";
import "../notebook-import.js";
