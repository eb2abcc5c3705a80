/** One thing after another, in the order asked, whether the one before is waited for or not. One that fails stops none after it. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Does `work` when all that was asked before has ended. */
  take<T>(work: () => T | Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }
}
