/** Whether all values are finite: neither NaN nor infinite. */
export function areFinite(values: Float32Array): boolean {
  // In double precision a sum of finite f32 values cannot overflow; any other value makes it NaN or infinite.
  let sum = 0;
  for (const value of values) sum += value;
  return Number.isFinite(sum);
}
