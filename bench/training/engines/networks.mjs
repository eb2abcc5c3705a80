/** Networks of src/networks on graph.mjs, for the measurement of engines. */
export function mlp(g, x, { side, channels }) {
  const width = 512;
  const norm = g.batchNorm(
    g.dense(x, g.parameter("hidden.weight", [channels * side * side, width]), g.parameter("hidden.bias", [width])),
    g.parameter("norm.scale", [width]),
    g.parameter("norm.shift", [width]),
  );
  return g.dense(g.relu(norm), g.parameter("features.weight", [width, width]), g.parameter("features.bias", [width]));
}

const block = (g, x, name, outputs, { k = 3, stride = 1 } = {}) =>
  g.batchNorm(
    g.convolution(x, g.parameter(`${name}.conv`, [outputs, x.shape[1], k, k]), stride),
    g.parameter(`${name}.scale`, [outputs]),
    g.parameter(`${name}.shift`, [outputs]),
  );

export function cnn(g, x) {
  let y = x;
  for (const [i, outputs] of [16, 32, 64].entries()) y = g.maxPool(g.relu(block(g, y, `block${i}`, outputs)));
  const flat = g.flatten(y);
  return g.dense(flat, g.parameter("features.weight", [flat.shape[1], 256]), g.parameter("features.bias", [256]));
}

function residual(g, x, widths, blocks) {
  let y = g.relu(block(g, x, "stem", widths[0]));
  for (const [s, outputs] of widths.entries())
    for (let i = 0; i < blocks; i++) {
      const stride = s > 0 && i === 0 ? 2 : 1;
      const name = `stage${s}.${i}`;
      const long = block(g, g.relu(block(g, y, `${name}.1`, outputs, { stride })), `${name}.2`, outputs);
      const short = stride === 1 && y.shape[1] === outputs ? y : block(g, y, `${name}.short`, outputs, { k: 1, stride });
      const sum = g.plus(long, short);
      y = s === widths.length - 1 && i === blocks - 1 ? sum : g.relu(sum);
    }
  return g.meanOfImage(y);
}

export const resnet8 = (g, x) => residual(g, x, [16, 32, 64], 1);
export const resnet18 = (g, x) => residual(g, x, [64, 128, 256, 512], 2);
