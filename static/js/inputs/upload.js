// A file on its way to a file input: the body of one request, with a bar while it goes.

import { csrfToken } from "../csrf.js";
import { complain } from "../inputs.js";

/**
 * Send `file` for the input of `field`. @returns {Promise<{value: string, session: string} | null>} null when it was
 * refused, which the field says.
 */
export async function uploadTo(address, where, field, file) {
  const query = new URLSearchParams({ input: field.dataset.input, name: file.name });
  for (const [name, value] of Object.entries(where)) if (value) query.set(name, value);
  const bar = field.querySelector("progress");
  bar.hidden = false;
  field.setAttribute("aria-busy", "true");
  try {
    const { status, answer } = await post(`${address}?${query}`, file, (share) => (bar.value = share));
    if (status === 201) {
      field.querySelector(".upload-name").textContent = file.name;
      return answer;
    }
    complain(
      field,
      answer?.sentence ?? (status === 413 ? "This file is too large." : "This file could not be uploaded."),
    );
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    complain(field, "The connection broke off. Choose the file again when it is back.");
  } finally {
    bar.hidden = true;
    field.removeAttribute("aria-busy");
    field.querySelector("[type=file]").value = ""; // So that the same file can be chosen once more.
  }
  return null;
}

function post(address, file, progress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address);
    request.setRequestHeader("X-CSRFToken", csrfToken());
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.responseType = "json";
    request.upload.addEventListener("progress", ({ loaded, total }) => progress(total ? loaded / total : 0));
    request.addEventListener("load", () => resolve({ status: request.status, answer: request.response }));
    request.addEventListener("error", () => reject(new TypeError("The connection is away.")));
    request.send(file);
  });
}
