/**
 * A sum that keeps what rounding takes from every addition (Neumaier 1974). Its error is at most u |sum| + (n u)^2 absolute, u = 2^-53, where plain
 * addition may lose n u absolute (Ogita, Rump, Oishi 2005, Prop. 4.5).
 */
export class Sum {
  private sum = 0;
  private rest = 0;
  /** Sum of the terms' absolute values. */
  absolute = 0;

  /** Adds a term. */
  add(x: number): void {
    const next = this.sum + x;
    this.rest += Math.abs(this.sum) >= Math.abs(x) ? this.sum - next + x : x - next + this.sum;
    this.sum = next;
    this.absolute += Math.abs(x);
  }

  /** The sum so far. */
  get value(): number {
    // Past the largest float64 there is nothing to keep, and `rest` is not a number.
    return Number.isFinite(this.sum) ? this.sum + this.rest : this.sum;
  }
}
