// Things that happen, kept until somebody waits for them. Each is handed out once, whatever came
// before or after it; a wait that nothing answers fails, and says what it waited for.

/** How long one thing may take, in milliseconds. All of it is loopback; this is for slow machines. */
const DEADLINE = 20_000;

export class Feed {
  #items = [];
  #waiting = new Set();
  #failure;

  push(item) {
    for (const waiter of this.#waiting) {
      if (waiter.fits(item)) return waiter.take(item);
    }
    this.#items.push(item);
  }

  /** The first thing that `fits` and was not taken yet; `what` names it if it does not come. */
  async take(what, fits) {
    const index = this.#items.findIndex(fits);
    if (index >= 0) return this.#items.splice(index, 1)[0];
    if (this.#failure) throw this.#failure;
    let waiter, timer;
    const taken = new Promise((take, fail) => {
      waiter = { fits, take, fail };
      timer = setTimeout(() => fail(new Error(`waited in vain for ${what}`)), DEADLINE);
      this.#waiting.add(waiter);
    });
    return taken.finally(() => {
      clearTimeout(timer);
      this.#waiting.delete(waiter);
    });
  }

  /** Nothing more will come: every wait that what is here does not answer fails with `error`. */
  fail(error) {
    this.#failure = error;
    for (const waiter of this.#waiting) waiter.fail(error);
  }

  /** Those that `fit` among the things nobody took. */
  left(fits) {
    return this.#items.filter(fits);
  }
}
