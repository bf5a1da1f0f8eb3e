import type { TensorArgument } from './graph-arguments.js';
import { product } from './graph-arguments.js';
import { ARRAYS } from './runtime-calls.js';

/** A tensor's elements as its type holds them; numbers repeat where there are too few. */
export function elements({ type, shape, values }: TensorArgument): never {
  const count = product(shape);
  const numbers = Array.from(
    { length: count },
    (_, index) => values[index % Math.max(values.length, 1)] ?? 0,
  );
  if (type === 'i64') return BigInt64Array.from(numbers, (value) => BigInt(Math.round(value) || 0)) as never;
  if (type === 'boolean') return Uint8Array.from(numbers, (value) => Number(value > 0)) as never;
  const f32 = Float32Array.from(numbers);
  if (type === 'bf16') return new Uint16Array(f32.buffer).filter((_, index) => index % 2 === 1) as never;
  // Small whole numbers of f16: bits of the power of two nearest below, which is near enough.
  if (type === 'f16')
    return Uint16Array.from(numbers, (value) =>
      value === 0
        ? 0
        : (value < 0 ? 0x8000 : 0) | ((15 + Math.min(Math.floor(Math.log2(Math.abs(value))), 15)) << 10),
    ) as never;
  const Kind = { ...ARRAYS, f64: Float64Array, i8: Int8Array, f8e4m3: Uint8Array, f8e5m2: Uint8Array }[type];
  return Kind.from(numbers as never) as never;
}
