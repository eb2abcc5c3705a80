/**
 * Job arrays on the cluster's own scheduler: what may be asked of it, submission, queueing again.
 *
 * @module slurm
 */

export { itemOf, requeueTask, submitArray, taskNumber } from "./slurm.ts";
export { checkSlurm, readSlurm, type SlurmSettings } from "./slurm-settings.ts";
