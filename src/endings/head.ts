import { isKernel, modulesOf, type Parameter, type Weighted } from "./modules.ts";
import { dotted, ofOptimizer, wrapperOf } from "./names.ts";

/**
 * The head of a network of people's own (an nn.Sequential, fc1, fc2, fc3), where no name says it. It is the dense layer that is the last module of the file, in a file that keeps the order of the modules, or the only layer
 * with weights of any file. Null, for it is not clear, where something comes after it (a normalization), where it is square (a hidden layer of a body without its head) or an embedding, where another layer has its very shape (two heads) or ends beside it (a projection: it takes as many features behind the last normalization, and nothing later takes what it gives), and where the file holds two copies of a network.
 */
export function headByOrder(all: readonly Parameter[], ordered: boolean): string | null {
  const parameters = all.filter(({ name }) => !ofOptimizer(name)).map(({ name, shape }) => ({ name: dotted(name), shape }));
  const { norms, weighted } = modulesOf(parameters);
  const within = weighted.map(({ place }) => `${place}.`.slice(wrapperOf(`${place}.`).length));
  if (new Set(within).size < within.length || !(ordered || weighted.length === 1)) return null;
  const first = (place: string): number =>
    parameters.findIndex(({ name }) => name.startsWith(place === "" ? place : `${place}.`));
  const last = [...norms, ...weighted].sort((a, b) => first(a.place) - first(b.place)).at(-1);
  if (!last || !("weight" in last) || !isHead(last)) return null;
  const alike = weighted.filter(({ shape }) => shape.length === 2 && shape.every((n, axis) => n === last.shape[axis]));
  const begins = Math.max(-1, ...norms.map(({ place }) => first(place)));
  const behind = weighted.filter(({ place, shape }) => shape.length === 2 && first(place) > begins);
  const beside = behind.filter(
    (one, i) =>
      one !== last &&
      inputsOf(one) === inputsOf(last) &&
      behind.slice(i + 1).every((later) => inputsOf(later) !== outputsOf(one)),
  );
  return alike.length === 1 && beside.length === 0 ? last.weight : null;
}

const inputsOf = ({ weight, shape }: Weighted): number => shape[isKernel(weight) ? 0 : 1];
const outputsOf = ({ weight, shape }: Weighted): number => shape[isKernel(weight) ? 1 : 0];

const isHead = ({ place, shape }: Weighted): boolean =>
  shape.length === 2 && shape[0] !== shape[1] && !/embed|position|token/i.test(place);
