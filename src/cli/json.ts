/** One JSON document on stdout: full double precision, infinity as "inf". A NaN is a defect of ours, so it throws. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (key, x: unknown) => {
    if (typeof x !== "number" || Number.isFinite(x)) return x;
    if (Number.isNaN(x)) throw new Error(`the result has a NaN at ${key}: please report this`);
    return x > 0 ? "inf" : "-inf";
  });
}
