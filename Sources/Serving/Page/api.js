// What this page asks its server. Nothing is ever asked of another.

let token = sessionStorage.getItem("graft-token") ?? "";

// A link of the server's log carries the token behind `#token=`, which no server is sent.
const fragment = new URLSearchParams(location.hash.slice(1)).get("token");
if (fragment) {
  token = fragment;
  sessionStorage.setItem("graft-token", token);
  history.replaceState(null, "", location.pathname);
}

/** Asks the person for the token; resolves when there is one. One dialog, however many wait for it. */
let asking = null;
function askForToken() {
  asking ??= new Promise((resolve) => {
    const dialog = document.getElementById("token");
    dialog.addEventListener("close", () => {
      token = document.getElementById("token-text").value;
      sessionStorage.setItem("graft-token", token);
      asking = null;
      resolve();
    }, { once: true });
    dialog.showModal();
  });
  return asking;
}

const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** An answer that is none of an error. A server that is busy is asked again after the time it names. */
async function answer(path, { method = "GET", body, signal, headers = {} } = {}) {
  for (let attempt = 0; ; attempt++) {
    const all = { ...headers };
    if (token) all.Authorization = `Bearer ${token}`;
    if (method === "POST") all["X-Graft"] = "1";
    const response = await fetch(path, { method, body, signal, headers: all });
    if (response.status === 401) {
      await askForToken();
      continue;
    }
    if (response.status === 503 && attempt < 8) {
      await pause(Number(response.headers.get("retry-after") ?? 1) * (0.5 + Math.random() + attempt / 2));
      continue;
    }
    if (response.ok) return response;
    const document = await response.json().catch(() => ({}));
    throw new Error(document.error ?? `the server answers ${response.status}`);
  }
}

/** A JSON document. */
export const ask = async (path, options) => (await answer(path, options)).json();

/** Bytes: an image cannot carry the token, a request can. */
export const askForBytes = async (path, options) => (await answer(path, options)).blob();

/** Runs tasks, a few at a time, in their order. */
export class Lane {
  #width;
  #busy = 0;
  #waiting = [];

  constructor(width) { this.#width = width; }

  run(task) {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => task().then(resolve, reject));
      this.#next();
    });
  }

  #next() {
    while (this.#busy < this.#width && this.#waiting.length > 0) {
      this.#busy++;
      this.#waiting.shift()().finally(() => {
        this.#busy--;
        this.#next();
      });
    }
  }
}
