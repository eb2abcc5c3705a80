export type { Hidden } from "./hidden.ts";
export { type Measured, type Peeled, peeledOf } from "./peeled.ts";
export type { Rest } from "./rest.ts";
export { type PeeledOptions, type PeeledSolution, solvePeeled, usualPeeled } from "./solve.ts";
