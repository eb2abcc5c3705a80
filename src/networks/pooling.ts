import { jax, type Tensor } from "./backend.ts";
import { byAutodiff, type Layer, withoutParameters } from "./layer.ts";

const { numpy: np } = jax;

/**
 * Pooling of images (batch x height x width x channels) over disjoint 2 x 2 windows. Height and width must be even; a network that is
 * asked for another size says so when it is made.
 */
export function maxPool(): Layer {
  // Three comparisons of two: on a tie the gradient is shared between the equal values, half each.
  return byAutodiff([], withoutParameters, (_params, x) => {
    const [a, b, c, d] = quarters(x);
    return np.maximum(np.maximum(a, b), np.maximum(c, d));
  });
}

/** The mean of each 2 x 2 window, step 2. */
export function averagePool(): Layer {
  return byAutodiff([], withoutParameters, (_params, x) => {
    const [a, b, c, d] = quarters(x);
    return a.add(b).add(c.add(d)).mul(0.25);
  });
}

/** The mean of each channel over the whole image: rows of `channels` numbers. */
export function globalAveragePool(): Layer {
  return byAutodiff([], withoutParameters, (_params, x) => x.mean([1, 2]));
}

/** The four values of each window, one array a corner. */
function quarters(x: Tensor): [Tensor, Tensor, Tensor, Tensor] {
  const [batch, height, width, channels] = x.shape;
  const windows = x.reshape([batch, height / 2, 2, width / 2, 2, channels]);
  const corner = (row: number, column: number): Tensor => windows.ref.slice([], [], row, [], column, []);
  const corners: [Tensor, Tensor, Tensor, Tensor] = [corner(0, 0), corner(0, 1), corner(1, 0), corner(1, 1)];
  windows.dispose();
  return corners;
}
