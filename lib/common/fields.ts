import { z } from 'zod';

import { isAbortSignal } from './abort.js';

/** Fields that the schemas of several options types share; each has a description, which error messages quote. */
export const flag = z.boolean().describe('a boolean');
export const path = z.string().min(1).describe('a path');
/** By its shape: test runners and Electron have an AbortSignal of another realm. */
export const signal = z.custom<AbortSignal>(isAbortSignal).describe('an AbortSignal');
export const integer = (min: number, max: number) =>
  z.int().min(min).max(max).describe(`integer between ${min} and ${max}`);
export const numberBetween = (min: number, max: number) =>
  z.number().min(min).max(max).describe(`a number between ${min} and ${max}`);
export const oneOf = <const Values extends readonly [string, ...string[]]>(values: Values) =>
  z.enum(values).describe(`one of ${values.join(', ')}`);
export const callback = <F extends (...parameters: never[]) => unknown>() =>
  z.custom<F>((value) => typeof value === 'function').describe('a function');
