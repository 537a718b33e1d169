// Time zones: the names a browser knows, offered to every field that asks for one; what day it is in one of them.

const LIST = "time-zones";

/** A list of names for `<input list="time-zones">`, made when the first one is needed. */
export function offerZones() {
  if (document.getElementById(LIST) || !Intl.supportedValuesOf) return;
  const list = document.createElement("datalist");
  list.id = LIST;
  for (const name of ["UTC", ...Intl.supportedValuesOf("timeZone")]) {
    const option = document.createElement("option");
    option.value = name;
    list.append(option);
  }
  document.body.append(list);
}

export function isZone(name) {
  if (!/^[A-Za-z]/.test(name)) return false; // "+05:00" is an offset, not a zone.
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** Today on the calendar of a zone ("" is UTC), as [year, month 1–12, day]. */
export function todayIn(zone) {
  const words = new Intl.DateTimeFormat("en-CA", { timeZone: zone || "UTC", dateStyle: "short" }).format(new Date());
  return words.split("-").map(Number);
}
