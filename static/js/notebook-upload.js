// Sending a notebook file; the answer says where the new project is, or in a sentence why there is none.

import { csrfToken } from "./csrf.js";

/**
 * @param {File} file
 * @param {{address: string, workspace?: string, largest?: number, progress?: (share: number) => void}} options
 *   largest: bytes; progress: from 0 to 1
 * @returns {Promise<{title: string, address: string, notes: string[]} | {sentence: string}>}
 */
export function sendNotebook(file, { address, workspace = "", largest = Infinity, progress = () => {} }) {
  if (file.size > largest) {
    const size = (bytes) => `${Math.ceil(bytes / 2 ** 20)} MB`;
    const sentence = `“${file.name}” has ${size(file.size)}; a notebook can have ${size(largest)}. Clear its outputs, save it and bring it again.`;
    return Promise.resolve({ sentence });
  }
  const body = new FormData();
  body.append("file", file);
  if (workspace) body.append("workspace", workspace);
  return new Promise((resolve) => {
    const request = new XMLHttpRequest(); // fetch does not say how much of a body was sent.
    request.open("POST", address);
    request.setRequestHeader("X-CSRFToken", csrfToken());
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) progress(event.loaded / event.total);
    });
    request.addEventListener("load", () => {
      const failed = { sentence: `“${file.name}” was not imported: the server answered ${request.status}. Try again.` };
      resolve(request.response?.address || request.response?.sentence ? request.response : failed);
    });
    request.addEventListener("error", () => {
      resolve({ sentence: `“${file.name}” was not imported: the connection was lost. Try again.` });
    });
    request.send(body);
  });
}

/** The files that were dropped or are being dragged, or none. */
export function filesOf(transfer) {
  return [...(transfer?.files ?? [])];
}
