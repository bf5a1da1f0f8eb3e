import { expectTypeOf } from 'vitest';
import { z } from 'zod';

import { optionsSchema } from '../../lib/common/options.js';
import type {
  GeneratedImage,
  GenerateOptions,
  GenerateResult,
  GenerationSummary,
  Latents,
  OVStableDiffusionPipeline,
  RawImage,
  Scheduler,
  StableDiffusionComponents,
} from '../../lib/index.js';

// Checked by `tsc -p .`: these lines are compiled and never run.

interface Options {
  size: number;
  name?: string | undefined;
}

/** A schema with a field for each key of its options compiles. */
const schema = optionsSchema<Options>()({ size: z.number(), name: z.string().optional() });
expectTypeOf(schema.parse({})).toEqualTypeOf<{ size: number; name?: string | undefined }>();

// @ts-expect-error -- a key of the options that the schema lacks
optionsSchema<Options>()({ size: z.number() });

// @ts-expect-error -- also where the key is a required one
optionsSchema<Options>()({ name: z.string().optional() });

// @ts-expect-error -- a key of the schema that the options lack
optionsSchema<Options>()({ size: z.number(), name: z.string().optional(), other: z.string() });

// @ts-expect-error -- a field of another type
optionsSchema<Options>()({ size: z.string(), name: z.string().optional() });

// @ts-expect-error -- a field that may be absent where the option may not
optionsSchema<Options>()({ size: z.number().optional(), name: z.string().optional() });

declare const pipeline: OVStableDiffusionPipeline;
declare const components: StableDiffusionComponents;
declare const scheduler: Scheduler;

/** The result of a generation follows from its output type. */
expectTypeOf<GenerateResult>().toEqualTypeOf<GenerationSummary & { images: GeneratedImage[] }>();
expectTypeOf<GenerateResult>().toEqualTypeOf<GenerateResult>();
expectTypeOf<GenerateResult<'raw'>>().toEqualTypeOf<GenerationSummary & { images: RawImage[] }>();
expectTypeOf<GenerateResult<'latent'>>().toEqualTypeOf<GenerationSummary & { latents: Latents }>();

expectTypeOf(pipeline.generate('a')).resolves.toEqualTypeOf<GenerateResult>();
expectTypeOf(pipeline.generate('a', { seed: 1 })).resolves.toEqualTypeOf<GenerateResult>();
expectTypeOf(pipeline.generate('a', { outputType: undefined })).resolves.toExtend<GenerationSummary>();
expectTypeOf(pipeline.generate(['a'], { outputType: 'raw' })).resolves.toEqualTypeOf<GenerateResult<'raw'>>();
expectTypeOf(pipeline.generate('a', { outputType: 'latent' })).resolves.toEqualTypeOf<
  GenerateResult<'latent'>
>();

/** An output type that is known only when the program runs gives a result of any. */
declare const outputType: 'image' | 'raw';
expectTypeOf(pipeline.generate('a', { outputType })).resolves.toHaveProperty('images');

// @ts-expect-error -- latents are there only where they were asked for
expectTypeOf(pipeline.generate('a')).resolves.toHaveProperty('latents');

// @ts-expect-error -- an output type nobody knows
void pipeline.generate('a', { outputType: 'pil' });

// @ts-expect-error -- diffusers' spelling of an option
void pipeline.generate('a', { num_inference_steps: 2 });

// @ts-expect-error -- a prompt that is no text
void pipeline.generate(5);

/** Prompts, seeds and generators may be constant; options may be explicitly undefined. */
declare const prompts: readonly string[];
declare const seeds: readonly (number | bigint)[];
void pipeline.generate(prompts, { seeds, negativePrompt: prompts, width: undefined });
expectTypeOf<{ seed: bigint }>().toExtend<GenerateOptions>();

/** A pipeline is made from components, or from another pipeline, and keeps its class. */
type Pipeline = typeof OVStableDiffusionPipeline;
expectTypeOf<Pipeline>().toBeConstructibleWith(components, scheduler);
expectTypeOf<Pipeline>().toBeConstructibleWith(components, scheduler, { strictShapes: true });
expectTypeOf<OVStableDiffusionPipeline['components']>().toExtend<StableDiffusionComponents>();
declare const Class: Pipeline;
expectTypeOf(Class.fromPipe(pipeline)).toEqualTypeOf<OVStableDiffusionPipeline>();
expectTypeOf(
  pipeline.reshape({ height: 512, width: 512 }),
).resolves.toEqualTypeOf<OVStableDiffusionPipeline>();
expectTypeOf(pipeline.inferencePrecision).toEqualTypeOf<string | undefined>();
expectTypeOf(pipeline).toExtend<AsyncDisposable>();

// @ts-expect-error -- a shape without a width
void pipeline.reshape({ height: 512 });

// @ts-expect-error -- components without a VAE
expectTypeOf<Pipeline>().toBeConstructibleWith({ unet: components.unet }, scheduler);

// @ts-expect-error -- components of a pipeline cannot be replaced in place
pipeline.components = components;
