import { InvalidArgumentError as InvalidOption, Option } from 'commander';

import { PREDICTION_TYPES } from '../models/index.js';

/** Seeds of torch.Generator are unsigned integers of 64 bits. */
const MAX_SEED = 2n ** 64n - 1n;

export function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidOption('Expected a number.');
  return value;
}

export function wholeNumber(text: string): number {
  const value = number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidOption('Expected a whole number from 1.');
  return value;
}

/** A whole number from 1 to `max`. */
export function wholeNumberUpTo(max: number): (text: string) => number {
  return (text) => {
    const value = wholeNumber(text);
    if (value > max) throw new InvalidOption(`Expected a whole number from 1 to ${max}.`);
    return value;
  };
}

export function seed(text: string): bigint {
  if (!/^\d+$/.test(text)) throw new InvalidOption('Expected a whole number from 0.');
  const value = BigInt(text);
  if (value > MAX_SEED) throw new InvalidOption(`Expected a whole number from 0 to ${MAX_SEED}.`);
  return value;
}

/** The seeds of several images: from `first` on, beginning again at 0 after the largest. */
export function seedsFrom(first: bigint, count: number): bigint[] {
  return Array.from({ length: count }, (_, i) => (first + BigInt(i)) % (MAX_SEED + 1n));
}

/** `512` is a square, `768x512` is width by height. */
export function size(text: string): { width: number; height: number } {
  const [, width, height = width] = /^(\d{1,5})(?:[x×](\d{1,5}))?$/i.exec(text.trim()) ?? [];
  if (Number(width) > 0 && Number(height) > 0) return { width: Number(width), height: Number(height) };
  throw new InvalidOption('Expected e.g. 512 or 768x512.');
}

/** Whether a model is a single file, be it a pickle that will be refused, rather than a folder. */
export function isSingleFile(model: string): boolean {
  return /\.(safetensors|ckpt|pt|pth|bin)$/i.test(model);
}

export function predictionTypeOption(): Option {
  return new Option('--prediction-type <type>', 'of a checkpoint: what it was trained to predict').choices(
    PREDICTION_TYPES,
  );
}

export function vaeOption(): Option {
  return new Option(
    '--vae <vae>',
    "VAE in place of the model's own: folder, .safetensors file, or id on the hub",
  );
}

export function quietOption(): Option {
  return new Option('-q, --quiet', 'show no progress');
}
