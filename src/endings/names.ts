import type { Parameter } from "./modules.ts";

/** What people wrap a network in, as it stands before the names of its parts. */
const wrappers =
  /^(state_dict|state_dict_ema|model_state_dict|model_state|model_ema|ema|module|model|net|network|student|params|_orig_mod)\./;
/** The same for the part below the head. */
const bodies = /^(backbone|encoder|body|base|base_model|trunk|feature_extractor|features_extractor|model|net)\./;
/** Kept beside parameters: running statistics of frameworks that keep them apart. */
const statistics = /^(stats|batch_stats)\./;
/** An optimizer's, of which every parameter has a twin. */
const optimizer =
  /(^|\.)(optimizers?|optimizer_weights|optim|optimizer_states?|exp_avg|exp_avg_sq|max_exp_avg_sq|momentum_buffer|velocities|velocity)(\.|$)/;

/** A name with dots between its parts, whatever the file has. */
export const dotted = (name: string): string => name.replaceAll("/", ".");

/** Whether an array is the optimizer's. */
export const ofOptimizer = (name: string): boolean => optimizer.test(dotted(name));

/** The wrapper that the head stands in, to be taken off every name: `state_dict.module.` for `state_dict.module.fc.weight`. */
export function wrapperOf(head: string): string {
  let rest = dotted(head);
  while (wrappers.test(rest)) rest = rest.replace(wrappers, "");
  return dotted(head).slice(0, dotted(head).length - rest.length);
}

/** The parameters inside a wrapper, by their names there; a name may keep what stands before it by `original`. */
export function inside(parameters: readonly Parameter[], wrapper: string): (Parameter & { original: string })[] {
  return parameters.flatMap(({ name, shape }) => {
    const whole = dotted(name);
    if (ofOptimizer(name)) return [];
    if (whole.startsWith(wrapper)) return [{ name: whole.slice(wrapper.length), shape, original: name }];
    return wrapper !== "" && statistics.test(whole) ? [{ name: whole.replace(statistics, ""), shape, original: name }] : [];
  });
}

/** The same names without what the body is wrapped in; null where it is wrapped in nothing that is known. */
export function unwrapped<P extends Parameter>(parameters: readonly P[]): P[] | null {
  if (!parameters.some(({ name }) => bodies.test(name))) return null;
  return parameters.map((parameter) => ({ ...parameter, name: parameter.name.replace(bodies, "") }));
}
