/**
 * Events on an axis of lambda_Z or of counts (a cluster merges, the rank falls, complete collapse) as numbered vertical rules; the legend
 * says what each number means. Labels written at the rules themselves collide as soon as two thresholds are close.
 */
export interface Event {
  /** Where the rule stands: a lambda_Z, or whatever the axis shows. */
  at: number;
  /** What happens there. */
  label: string;
}
