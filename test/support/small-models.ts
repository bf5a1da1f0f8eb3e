import { graph, type Dimension, type Model } from '../../lib/runtime/index.js';

/** y = x * factor, for x of this shape: enough of a network to ask what happens around it. */
export function scaling(factor: number, shape: readonly Dimension[] = [-1, 4]): Model {
  const input = graph.parameter('f32', shape, 'x');
  const weight = graph.constant('f32', [1], new Float32Array([factor]));
  return graph.model([input], [{ output: graph.node('Multiply', [input, weight]), names: ['y'] }], 'scaling');
}

/** A chain of square matrix products: an inference that takes a while and can be stopped between two of them. */
export function slow(size: number, depth: number): Model {
  const input = graph.parameter('f32', [size, size], 'x');
  let output = input;
  for (let layer = 0; layer < depth; layer++) {
    const weight = Float32Array.from({ length: size * size }, (_, i) => ((i * 7 + layer) % 13) / size / 13);
    output = graph.node('MatMul', [output, graph.constant('f32', [size, size], weight)], {
      transpose_a: false,
      transpose_b: false,
    });
    output = graph.node('Tanh', [output]);
  }
  return graph.model([input], [{ output, names: ['y'] }], 'slow');
}
