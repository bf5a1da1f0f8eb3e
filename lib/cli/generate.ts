import { Command, Option } from 'commander';

import { defined } from '../common/defined.js';
import type { ImageFormat } from '../image/index.js';
import type { OVDiffusionPipeline } from '../pipelines/index.js';
import { parseGenerateOptions, type GenerateOptions } from '../pipelines/generate-options.js';
import {
  isSingleFile,
  number,
  predictionTypeOption,
  quietOption,
  seed,
  seedsFrom,
  size,
  vaeOption,
  wholeNumberUpTo,
} from './arguments.js';
import { defaultModel } from './default-model.js';
import { guidanceArguments, guidanceOf, type GuidanceArguments } from './guidance-options.js';
import { flaggedNotes } from './flagged-images.js';
import { revisionOption } from './hub.js';
import {
  imageInputOptions,
  readImageInputs,
  sizeOf,
  type ImageInputs,
  type ImageOptions,
} from './image-inputs.js';
import { loadPipeline, type LoadingArguments } from './load-pipeline.js';
import { longWork, type WorkResult } from './long-work.js';
import { EXTENSIONS, prepareFolder, prepareOutput, type OutputTarget } from './output.js';
import { preparePreview, previewOptions, type PreviewOptions, type PreviewWriter } from './preview.js';
import type { Progress } from './progress.js';
import { saveImages, writeToStdout } from './save-images.js';
import { schedulersByName } from './schedulers.js';
import { requireMultiple, vaeScaleFactorOf } from './vae-scale-factor.js';

/** Small models take less guidance than large ones. */
const DEFAULT_MODEL_GUIDANCE = 3;
const STEPS = 20;

interface Options
  extends Omit<LoadingArguments, 'model' | 'tinyVae'>, ImageOptions, GuidanceArguments, PreviewOptions {
  model?: string;
  prompt: string;
  negativePrompt?: string;
  promptWeighting?: boolean;
  longPrompts?: boolean;
  steps?: number;
  size?: { width: number; height: number };
  seed?: bigint;
  images: number;
  eta?: number;
  output: string;
  format?: ImageFormat;
  metadata: boolean;
  json?: boolean;
  quiet?: boolean;
}

type Request = Omit<GenerateOptions, 'outputType'>;

/** `openvino-diffusers generate`: a prompt in, image files out. */
export function generateCommand(): Command {
  const [image, mask, strength, maskBlur] = imageInputOptions();
  const [scale, rescale, guidanceStart, guidanceEnd] = guidanceArguments();
  const [preview, previewEvery, tinyVae] = previewOptions();
  return new Command('generate')
    .description('generate images from a prompt')
    .addOption(
      new Option(
        '-m, --model <model>',
        'folder exported to OpenVINO or of diffusers, .safetensors checkpoint, or id on the hub ' +
          '(default: a small model of simple shapes)',
      ).env('MODEL_DIR'),
    )
    .addOption(revisionOption())
    .requiredOption('-p, --prompt <text>', 'what the image should show')
    .option('-n, --negative-prompt <text>', 'what it should not show')
    .option(
      '--prompt-weighting',
      'read (word), (word:1.3), [word] and BREAK in prompts as weights and chunks',
    )
    .option('--long-prompts', 'encode prompts of more than 75 tokens in chunks, instead of cutting them')
    .option(
      '--steps <number>',
      `denoising steps, up to 1000 (default: ${STEPS}, or the model's own where it takes fewer)`,
      wholeNumberUpTo(1000),
    )
    .addOption(scale)
    .addOption(rescale)
    .addOption(guidanceStart)
    .addOption(guidanceEnd)
    .option(
      '--size <size>',
      'pixels: 512 for a square, or 768x512 (default: the size the model was trained on)',
      size,
    )
    .option('--seed <number>', 'for an image that can be generated again (default: random)', seed)
    .addOption(image)
    .addOption(mask)
    .addOption(strength)
    .addOption(maskBlur)
    .option('--images <number>', 'images to generate, up to 1024', wholeNumberUpTo(1024), 1)
    .option('--eta <number>', 'η of DDIM or γ of TCD, 0 to 1', number)
    .addOption(
      new Option('--scheduler <name>', "scheduler (default: the model's own)").choices(
        Object.keys(schedulersByName),
      ),
    )
    .option('--no-safety-checker', 'load the model without its safety checker')
    .addOption(vaeOption())
    .addOption(predictionTypeOption())
    .addOption(
      new Option('--precision <type>', 'of the arithmetic (default: bf16 where the CPU has it)').choices([
        'bf16',
        'f32',
        'f16',
      ]),
    )
    .option('--device <name>', 'OpenVINO device', 'CPU')
    .option('--cache-dir <folder>', 'keep compiled models here between runs')
    .option(
      '-o, --output <file>',
      '.png, .jpg, .webp or .avif, numbered when there are several; - for standard output',
      'output.png',
    )
    .addOption(
      new Option('--format <format>', 'of the image (default: that of the extension, else png)').choices(
        Object.keys(EXTENSIONS),
      ),
    )
    .addOption(preview)
    .addOption(previewEvery)
    .addOption(tinyVae)
    .option('--no-metadata', 'write no generation parameters into the file')
    .option('--json', 'print one JSON object: files, seeds, seconds')
    .addOption(quietOption())
    .action(run);
}

/** The options, with the model they lead to. */
type ResolvedOptions = Options & { readonly model: string };

async function run(given: Options): Promise<void> {
  const options: ResolvedOptions = { ...given, model: given.model ?? defaultModel() };
  const request = generateOptions(given);
  parseGenerateOptions(request);
  if (options.size) {
    const source = options.vae ?? options.model;
    const factor = isSingleFile(source) ? undefined : await vaeScaleFactorOf(source);
    if (factor !== undefined) requireMultiple(options.size, factor);
  }
  const inputs = await readImageInputs(options, options.steps ?? STEPS);
  const { output, images: count, format, json } = options;
  if (json && output === '-') throw new Error('--json and -o - both want standard output: use one of them.');
  if (options.cacheDir !== undefined) await prepareFolder(options.cacheDir);
  const target = await prepareOutput(output, { count, format, toTerminal: process.stdout.isTTY });
  const preview = await preparePreview(options, target.files ?? []);
  await longWork(
    {
      quiet: options.quiet,
      first: { label: 'Loading', activity: 'loading the model' },
      whenStopped: 'no image was written',
    },
    (progress, signal) => generate(options, { request, inputs, preview }, target, progress, signal),
  );
}

function generateOptions(options: Options): Request {
  const { negativePrompt, promptWeighting, longPrompts, steps, eta, images, seed: first, model } = options;
  return {
    negativePrompt,
    promptWeighting,
    longPrompts,
    numInferenceSteps: steps,
    ...guidanceOf(options, model === undefined ? DEFAULT_MODEL_GUIDANCE : undefined),
    eta,
    ...(options.size ?? {}),
    seeds: first === undefined ? undefined : seedsFrom(first, images),
  };
}

async function generate(
  options: ResolvedOptions,
  { request, inputs, preview }: { request: Request; inputs: ImageInputs; preview: PreviewWriter | undefined },
  target: OutputTarget,
  progress: Progress,
  signal: AbortSignal,
): Promise<WorkResult> {
  await using pipeline = await loadPipeline(options, inputs.task, progress, signal);
  // A schedule that has no such number of steps is refused before networks are compiled.
  const defaultSteps = Math.min(STEPS, pipeline.generationDefaults.numInferenceSteps);
  pipeline.scheduler.clone().setTimesteps(options.steps ?? defaultSteps);
  const { unet, vaeScaleFactor } = pipeline.components;
  const { width, height } = unet.sampleSize;
  const own = { width: width * vaeScaleFactor, height: height * vaeScaleFactor };
  const size = options.size ?? (inputs.image ? sizeOf(inputs.image, vaeScaleFactor) : own);
  progress.update({ label: 'Compiling', activity: 'compiling the networks' });
  await pipeline.reshape({
    ...size,
    numImagesPerPrompt: options.images,
    guidance: request.guidanceScale === undefined ? undefined : request.guidanceScale > 1,
    signal,
  });

  progress.update({ label: 'Encoding the prompt', activity: 'encoding the prompt' });
  const result = await (pipeline as OVDiffusionPipeline).generate(options.prompt, {
    // Left out where it is the model's own, which for an image depends on the strength.
    ...(defaultSteps === STEPS && { numInferenceSteps: STEPS }),
    // What the command line does not name is left out: the model's pipeline may not have it.
    ...defined(request),
    ...size,
    ...defined(inputs.options),
    signal,
    onStep: async (info) => {
      const { step, steps, secondsPerStep } = info;
      progress.update({
        label: 'Step',
        activity: 'generating',
        done: step,
        total: steps,
        detail: `${secondsPerStep.toFixed(2)} s each`,
        secondsLeft: step < steps ? secondsPerStep * (steps - step) : undefined,
      });
      await preview?.write(info);
    },
  });
  const { images, seeds, timings, nsfwContentDetected } = result;
  progress.update({ label: 'Writing', activity: 'writing the images' });
  const { metadata, json } = options;
  const { files, failure: unsaved } = await saveImages(images, target, {
    metadata,
    writeStdout: writeToStdout,
  });
  const failure = unsaved ?? preview?.failure;
  const notes = flaggedNotes(nsfwContentDetected ?? [], files);
  if (json) {
    const line = JSON.stringify({ files, seeds: seeds.map(String), nsfwContentDetected, ...timings });
    return { lines: [line], notes, failure };
  }
  // Standard output is the image's, or nobody reads it any more.
  return { lines: target.files ? files : [], notes, failure };
}
