import { Option } from 'commander';

import type { GenerateOptions } from '../pipelines/generate-options.js';
import { number } from './arguments.js';

/** What the options of guidance give. */
export interface GuidanceArguments {
  guidanceScale?: number;
  guidanceRescale?: number;
  guidanceStart?: number;
  guidanceEnd?: number;
}

/** The options of the command. */
export function guidanceArguments() {
  const option = (flags: string, description: string): Option =>
    new Option(`${flags} <number>`, description).argParser(number);
  return [
    option(
      '--guidance-scale',
      "how closely to follow the prompt; 1 is without guidance (default: the model's own, 7.5 for Stable Diffusion)",
    ),
    option('--guidance-rescale', 'against overexposure at large guidance scales, 0 to 1'),
    option('--guidance-start', 'share of the steps after which guidance begins, 0 to 1'),
    option('--guidance-end', 'share of the steps after which guidance ends, 0 to 1'),
  ] as const;
}

/** The options of `generate` that they give. */
export function guidanceOf(
  { guidanceScale, guidanceRescale, guidanceStart, guidanceEnd }: GuidanceArguments,
  defaultScale: number | undefined,
): Pick<GenerateOptions, keyof GuidanceArguments> {
  return { guidanceScale: guidanceScale ?? defaultScale, guidanceRescale, guidanceStart, guidanceEnd };
}
