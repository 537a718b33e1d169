// What every page does.
import "../dialogue.js";
import "../menus.js";
import "../outputs/index.js";
import "../palette.js";
import "../share-dialogue.js";
import "../submits.js";
import "../stream.js";
import "../theme.js";
