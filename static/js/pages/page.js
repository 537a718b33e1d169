// What every page does.
import "../dialogue.js";
import "../menus.js";
import "../stream.js";
import "../theme.js";
