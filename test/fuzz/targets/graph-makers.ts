import type { Argument, Arguments, NodeOf } from './graph-arguments.js';

/** Makes the inputs and attributes of one operation. */
export type Make = (a: Arguments) => Omit<NodeOf, 'operation'>;

export const broadcast = (a: Arguments): Record<string, string> =>
  a.dice.once(4) ? { auto_broadcast: a.choice('numpy', 'none', 'pdpd', 'explicit') as string } : {};

export const unary: Make = (a) => ({
  inputs: [a.data(a.shape(0, 5), a.dice.once(4) ? a.integer() : a.float())],
  attributes: {},
});

export const binary: Make = (a) => {
  const shape = a.shape(0, 5);
  const type = a.dice.once(3) ? a.integer() : a.float();
  const inputs = [a.data(shape, type), a.data(a.narrower(shape), a.dice.once(15) ? a.float() : type)];
  return { inputs: a.dice.once(2) ? inputs : inputs.reverse(), attributes: broadcast(a) };
};

export const logical: Make = (a) => {
  const shape = a.shape(0, 4);
  return {
    inputs: [a.data(shape, 'boolean'), a.data(a.narrower(shape), 'boolean')],
    attributes: broadcast(a),
  };
};

export const reduce: Make = (a) => {
  const shape = a.shape(0, 5);
  const type = a.dice.once(4) ? a.integer() : a.float();
  return {
    inputs: [a.data(shape, type), a.axes(shape.length)],
    attributes: { keep_dims: a.choice(true, false) },
  };
};

/** What slides over images: strides, pads and dilations for some spatial dimensions. */
function window(a: Arguments, sides: number): NodeOf['attributes'] {
  return {
    strides: a.numbers(sides, 1, 3),
    pads_begin: a.numbers(sides, 0, 2),
    pads_end: a.numbers(sides, 0, 2),
    ...(a.dice.once(8) ? { auto_pad: a.choice('same_upper', 'same_lower', 'valid', 'notset') } : {}),
  };
}

export function convolution(
  weights: (channels: number, out: number) => { data: number; weights: number[] },
): Make {
  return (a) => {
    const sides = 1 + a.dice.below(3);
    const kernel = a.dice.list(sides, () => 1 + a.dice.below(3));
    const of = weights(a.dimension(), a.dimension());
    const inputs: Argument[] = [
      a.data(a.slip([a.dimension(), of.data, ...a.dice.list(sides, () => a.dimension() + 2)])),
      a.data(a.slip([...of.weights, ...kernel])),
    ];
    const attributes = { ...window(a, sides), dilations: a.numbers(sides, 1, 2) };
    return { inputs, attributes };
  };
}

export const pool: Make = (a) => {
  const sides = 1 + a.dice.below(3);
  const data = a.data([a.dimension(), a.dimension(), ...a.dice.list(sides, () => a.dimension() + 2)]);
  const rounding = a.choice('floor', 'ceil');
  const attributes = { ...window(a, sides), kernel: a.numbers(sides, 1, 3), rounding_type: rounding };
  return { inputs: [data], attributes: { ...attributes, 'exclude-pad': a.choice(true, false) } };
};

export const interpolate: Make = (a) => {
  const shape = a.shape(2, 5);
  const count = 1 + a.dice.below(shape.length);
  const isScales = a.dice.once(2);
  const how = isScales
    ? a.control(a.numbers(count, 1, 3), [count], 'f32')
    : a.control(a.numbers(count, 1, 9));
  const axes = a.control(
    a.dice.list(count, (index) => (a.dice.once(10) ? a.number(-5, 5) : shape.length - count + index)),
  );
  return {
    inputs: a.dice.once(10) ? [a.data(shape), how] : [a.data(shape), how, axes],
    attributes: {
      mode: a.choice('nearest', 'linear', 'linear_onnx', 'cubic', 'bilinear_pillow', 'bicubic_pillow'),
      shape_calculation_mode: a.choice(isScales ? 'scales' : 'sizes'),
      coordinate_transformation_mode: a.choice(
        'half_pixel',
        'asymmetric',
        'align_corners',
        'pytorch_half_pixel',
        'tf_half_pixel_for_nn',
      ),
      nearest_mode: a.choice('floor', 'ceil', 'simple', 'round_prefer_floor'),
      ...(a.dice.once(6)
        ? { pads_begin: a.numbers(shape.length, 0, 2), pads_end: a.numbers(shape.length, 0, 2) }
        : {}),
      ...(a.dice.once(6) ? { antialias: true } : {}),
    },
  };
};

export const attention: Make = (a) => {
  const lead = a.shape(0, 2);
  const [queries, keys, width] = [a.dimension(), a.dimension(), a.dimension()];
  const inputs = [
    [queries, width],
    [keys, width],
    [keys, a.dice.once(5) ? a.dimension() : width],
  ].map((last) => a.data(a.slip([...lead, ...last]), a.dice.once(5) ? a.float() : 'f32'));
  if (a.dice.once(3))
    inputs.push(a.data(a.narrower([...lead, queries, keys]), a.dice.once(4) ? 'boolean' : 'f32'));
  if (inputs.length === 4 && a.dice.once(3)) inputs.push(a.data([], 'f32'));
  return { inputs, attributes: { causal: a.choice(true, false) } };
};

export const slice: Make = (a) => {
  const shape = a.shape(0, 5);
  const bounds = (least: number, most: number): Argument => a.control(a.numbers(shape.length, least, most));
  const mask = (): number[] => a.dice.list(shape.length, () => (a.dice.once(6) ? 1 : 0));
  const inputs = [a.data(shape), bounds(-3, 3), bounds(-3, 6), bounds(1, 2)];
  return {
    inputs: a.dice.once(5) ? inputs.slice(0, 3) : inputs,
    attributes: {
      begin_mask: mask(),
      end_mask: mask(),
      ...(a.dice.once(3) ? { new_axis_mask: mask(), shrink_axis_mask: mask(), ellipsis_mask: mask() } : {}),
    },
  };
};

export const gather: Make = (a) => {
  const shape = a.shape(1, 4);
  const indexShape = a.shape(0, 2);
  const count = indexShape.reduce((x, y) => x * y, 1);
  const indices = a.control(
    a.dice.list(count, () => a.number(-2, 3)),
    indexShape,
  );
  const inputs = [
    a.data(shape, a.dice.once(3) ? a.integer() : a.float()),
    indices,
    a.scalar(-1, shape.length - 1),
  ];
  return { inputs, attributes: { batch_dims: a.dice.once(8) ? a.choice(-1, 1, 2) : 0 } };
};

export const softmax: Make = (a) => {
  const shape = a.shape(0, 5);
  return { inputs: [a.data(shape)], attributes: { axis: a.number(-1, shape.length - 1) } };
};

export const control =
  (
    make: (
      a: Arguments,
      shape: readonly number[],
    ) => { inputs: Argument[]; attributes?: NodeOf['attributes'] },
    least = 0,
  ): Make =>
  (a) => {
    const shape = a.shape(least, 5);
    const { inputs, attributes = {} } = make(a, shape);
    return { inputs: [a.data(shape, a.dice.once(4) ? a.integer() : a.float()), ...inputs], attributes };
  };
