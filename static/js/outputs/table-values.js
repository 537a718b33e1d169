// How a value of a table is written: the same as `Column.written` in apps_runtime/outputs/table_data.py.

export const NOTHING = "-";
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DATE = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d))?(?:\.\d+)?(Z|[+-]\d\d:?\d\d)?)?$/;

/**
 * @param {{type: string, decimals?: number | "e" | null, grouping?: boolean}} column
 * @returns {string} the value as a reader sees it
 */
export function written(column, value) {
  if (value === null || value === undefined) return NOTHING;
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") {
    return column.type === "number" ? number(value, column.decimals, column.grouping !== false) : plain(value, false);
  }
  if (typeof value === "string") return column.type === "date" ? date(value) : value;
  return JSON.stringify(value);
}

function number(value, decimals, grouping) {
  if (decimals === "e" || Math.abs(value) >= 1e30) return value.toExponential(4);
  if (typeof decimals !== "number") return plain(value, grouping);
  return formatter(decimals, grouping).format(value);
}

/** As many digits as the number has. */
function plain(value, grouping) {
  const text = String(value);
  return text.includes("e")
    ? text
    : text.replace(/^(-?)(\d+)/, (_, sign, whole) => sign + (grouping ? grouped(whole) : whole));
}

function grouped(whole) {
  return whole.replace(/\B(?=(\d{3})+$)/g, ",");
}

const formatters = new Map();

function formatter(decimals, useGrouping) {
  const key = `${decimals} ${useGrouping}`;
  if (!formatters.has(key)) {
    const options = { minimumFractionDigits: decimals, maximumFractionDigits: decimals, useGrouping };
    formatters.set(key, new Intl.NumberFormat("en-US", options));
  }
  return formatters.get(key);
}

function date(text) {
  const found = DATE.exec(text);
  const month = found && MONTHS[Number(found[2]) - 1];
  if (!month) return text;
  const day = `${Number(found[3])} ${month} ${found[1]}`;
  if (found[4] === undefined) return day;
  const second = found[5] && found[5] !== "00" ? `:${found[5]}` : "";
  const zone = found[6] === "Z" ? " UTC" : found[6] ? ` ${found[6]}` : "";
  return `${day}, ${found[4]}${second}${zone}`;
}
