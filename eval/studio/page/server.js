// Calls of the studio's program, and who may wait for what.

/** What the program said against a call: its words, and the HTTP status. */
export class Refusal extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

const GONE = 410;
export const SUPERSEDED = 409;

async function answered(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Refusal("The studio's program does not answer. Is it still running?", 0);
  }
  if (response.ok) return response;
  const said = await response.json().catch(() => ({}));
  throw new Refusal(said.error || `The program answered ${response.status}.`, response.status);
}

/** Gets JSON. */
export async function get(path) {
  return (await answered(path)).json();
}

/** Sends a photo; gives its name, its size and, if asked to, the joints of its people. */
export async function sendPhoto(blob, find) {
  const options = { method: "PUT", body: blob };
  return (await answered(`/api/photos?find=${find ? 1 : 0}`, options)).json();
}

/** Makes calls about one photo, which is sent again where the program has it no more. */
export class PhotoCalls {
  constructor() {
    // Not randomUUID, which pages have on this computer only, not from another one's address.
    this.tab = crypto.getRandomValues(new Uint32Array(4)).join("-");
    this.name = null;
    this.blob = null;
  }

  async post(call, values, tab = this.tab) {
    const { name: photo, blob } = this;
    const body = JSON.stringify({ ...values, tab, photo });
    const options = { method: "POST", body, headers: { "Content-Type": "application/json" } };
    try {
      return await answered(`/api/${call}`, options);
    } catch (error) {
      if (error.status !== GONE) throw error;
      await sendPhoto(blob, false);
      return answered(`/api/${call}`, options);
    }
  }
}

/** Has the newest wish fulfilled: one call at a time, older wishes are dropped. */
export class Newest {
  /** `fulfil` is called with a wish; `waits` with true and false when work begins and ends. */
  constructor(fulfil, waits = () => {}) {
    Object.assign(this, { fulfil, waits, wish: null, busy: false });
  }

  async ask(wish) {
    this.wish = wish;
    if (this.busy) return;
    this.busy = true;
    this.waits(true);
    while (this.wish) {
      const current = this.wish;
      this.wish = null;
      try {
        await this.fulfil(current);
      } catch (error) {
        if (error.status !== SUPERSEDED) console.warn(error.message);
      }
    }
    this.busy = false;
    this.waits(false);
  }
}
