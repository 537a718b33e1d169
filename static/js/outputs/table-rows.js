// The rows of a table: filtered, sorted, and written out. No document here.
import { written } from "./table-values.js";

/** Rows that hold `text` in one of their cells, as they are written; upper and lower case are the same. */
export function filtered(rows, columns, text) {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return rows;
  return rows.filter((row) => columns.some((column, at) => written(column, row[at]).toLowerCase().includes(wanted)));
}

/** A new array in the order of one column. What is missing comes last, up or down. */
export function sorted(rows, columns, { column, descending }) {
  const compare = comparison(columns[column]);
  const way = descending ? -1 : 1;
  return [...rows].sort((one, other) => {
    const [a, b] = [one[column], other[column]];
    if (a === null || b === null) return (a === null) - (b === null);
    return way * compare(a, b);
  });
}

const words = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

function comparison(column) {
  if (column.type === "number") return (a, b) => amount(a) - amount(b) || words.compare(String(a), String(b));
  if (column.type === "boolean") return (a, b) => Number(a) - Number(b);
  return (a, b) => words.compare(String(a), String(b));
}

/** Numbers that JSON can't hold exactly come as text; "inf" is the largest. */
function amount(value) {
  if (typeof value === "number") return value;
  const text = String(value).replace("inf", "Infinity");
  return Number.isNaN(Number(text)) ? 0 : Number(text);
}

/** RFC 4180, with the values as they are, not as they are written. */
export function csv(rows, columns) {
  return lines(
    rows,
    columns,
    ",",
    (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text),
    "\r\n",
  );
}

/** For spreadsheets: a tab between cells, a line for each row. */
export function tabbed(rows, columns) {
  return lines(rows, columns, "\t", (text) => text.replace(/[\t\r\n]+/g, " "), "\n");
}

function lines(rows, columns, separator, escape, end) {
  const line = (cells) => cells.map((cell) => escape(plain(cell))).join(separator) + end;
  return line(columns.map((column) => column.name)) + rows.map(line).join("");
}

function plain(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return value ? "True" : "False";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
