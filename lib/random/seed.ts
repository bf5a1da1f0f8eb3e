/** A seed as torch takes it: a safe integer, or a bigint of up to 64 bits. */
export type Seed = number | bigint;
