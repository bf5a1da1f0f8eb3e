import { InvalidArgumentError as InvalidOption, Option } from 'commander';

import { PREDICTION_TYPES } from '../models/index.js';

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

export function seed(text: string): bigint {
  if (!/^\d+$/.test(text)) throw new InvalidOption('Expected a whole number from 0.');
  return BigInt(text);
}

export function size(text: string): { width: number; height: number } {
  const [, width, height] = /^(\d+)x(\d+)$/i.exec(text) ?? [];
  if (width === undefined || height === undefined) throw new InvalidOption('Expected e.g. 512x512.');
  return { width: Number(width), height: Number(height) };
}

/** Whether a model is given as one file, be it a pickle that will be refused, and not as a folder. */
export function isSingleFile(model: string): boolean {
  return /\.(safetensors|ckpt|pt|pth|bin)$/i.test(model);
}

export function predictionTypeOption(): Option {
  return new Option('--prediction-type <type>', 'of a checkpoint: what it was trained to predict').choices(
    PREDICTION_TYPES,
  );
}
