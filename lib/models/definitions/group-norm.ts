import { ModelLoadError } from '../../common/errors.js';
import { graph, type GraphOutput } from '../../runtime/index.js';
import type { WeightScope } from '../weights/weight-scope.js';
import { add, integers, multiply, scalar, sizeOf } from './tensors.js';

/** torch.nn.GroupNorm over x [batch, channels, height, width]. */
export type GroupNorm = (w: WeightScope, x: GraphOutput, groups: number, epsilon: number) => GraphOutput;

/** torch.nn.GroupNorm as OpenVINO's GroupNormalization. */
export function groupNorm(w: WeightScope, x: GraphOutput, groups: number, epsilon: number): GraphOutput {
  const channels = channelsOf(x, groups);
  return graph.node('GroupNormalization', [x, w.vector('weight', channels), w.vector('bias', channels)], {
    num_groups: groups,
    epsilon,
  });
}

/**
 * The same from means of channels, in several operations. The kernel of GroupNormalization wants one channel after the
 * other, whereas convolutions keep the channels of a pixel together, so that it costs two reorders of the whole image;
 * this costs time to compile instead, and is faster where images are large.
 */
export function groupNormFromMeans(
  w: WeightScope,
  x: GraphOutput,
  groups: number,
  epsilon: number,
): GraphOutput {
  const channels = channelsOf(x, groups);
  const byGroup = [1, groups, channels / groups, 1];
  const ones = graph.constant('f32', byGroup, new Float32Array(channels).fill(1));
  const toChannels = (statistic: GraphOutput): GraphOutput => {
    const repeated = graph.node('Multiply', [statistic, ones]);
    return graph.node('Reshape', [repeated, integers([0, channels, 1, 1])], { special_zero: true });
  };
  const mean = toChannels(meanOfGroups(x, byGroup));
  // Of what the mean was taken from: the mean of squares less the square of the mean would lose digits.
  const variance = meanOfGroups(graph.node('SquaredDifference', [x, mean]), byGroup);
  const deviation = graph.node('Sqrt', [add(variance, scalar(epsilon))]);
  const normal = multiply(
    graph.node('Subtract', [x, mean]),
    toChannels(graph.node('Divide', [scalar(1), deviation])),
  );
  // One after the other: in bf16 their product would be rounded before it is used.
  const asShape = [1, channels, 1, 1];
  return add(multiply(normal, w.vector('weight', channels, asShape)), w.vector('bias', channels, asShape));
}

/** Means over pixels and the channels of a group: x [batch, channels, height, width] to [batch, groups, 1, 1]. */
function meanOfGroups(x: GraphOutput, [, groups = 1, size = 1]: readonly number[]): GraphOutput {
  const byChannel = graph.node('ReduceMean', [x, integers([2, 3])], { keep_dims: true });
  const grouped = graph.node('Reshape', [byChannel, integers([0, groups, size, 1])], { special_zero: true });
  return graph.node('ReduceMean', [grouped, integers([2])], { keep_dims: true });
}

function channelsOf(x: GraphOutput, groups: number): number {
  const channels = sizeOf(x, 1);
  if (channels % groups === 0) return channels;
  throw new ModelLoadError(
    'CONFIG_INVALID',
    `Expected norm_num_groups to divide every number of channels but ${groups} does not divide ${channels}`,
  );
}
