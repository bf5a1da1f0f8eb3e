import { join, parse } from 'node:path';

import { Command, Option } from 'commander';
import type { Ora } from 'ora';

import type { PredictionType } from '../models/index.js';
import { OVStableDiffusionPipeline, type PipelineProgress } from '../pipelines/index.js';
import { isSingleFile, number, predictionTypeOption, seed, size, wholeNumber } from './arguments.js';
import { describeDownload, revisionOption } from './hub.js';
import { longWork } from './long-work.js';
import { schedulersByName } from './schedulers.js';

/** The small model that comes with the package, seen from dist/cli. */
const shapes = join(import.meta.dirname, '../../models/shapes');
/** Small models take less guidance than large ones. */
const SHAPES_GUIDANCE = 3;
const GUIDANCE = 7.5;

interface Options {
  model: string;
  revision?: string;
  prompt: string;
  negativePrompt?: string;
  steps: number;
  guidanceScale?: number;
  size?: { width: number; height: number };
  seed?: bigint;
  images: number;
  eta?: number;
  scheduler?: string;
  predictionType?: PredictionType;
  precision?: 'bf16' | 'f32' | 'f16';
  device: string;
  cacheDir?: string;
  output: string;
  metadata: boolean;
}

/** `openvino-diffusers generate`: a prompt in, picture files out. */
export function generateCommand(): Command {
  return new Command('generate')
    .description('draw a prompt')
    .addOption(
      new Option(
        '-m, --model <model>',
        'folder exported to OpenVINO or of diffusers, .safetensors checkpoint, or id on the hub',
      )
        .env('MODEL_DIR')
        .default(shapes, 'a small one that draws shapes'),
    )
    .addOption(revisionOption())
    .requiredOption('-p, --prompt <text>', 'what to draw')
    .option('-n, --negative-prompt <text>', 'what not to draw')
    .option('--steps <number>', 'denoising steps', wholeNumber, 20)
    .option(
      '--guidance-scale <number>',
      `how far to go beyond what the model makes of the prompt; 1 is not at all (default: ${GUIDANCE})`,
      number,
    )
    .option('--size <WxH>', 'pixels, e.g. 512x512 (default: what the model was trained on)', size)
    .option('--seed <number>', 'for a picture that can be made again (default: random)', seed)
    .option('--images <number>', 'pictures to draw', wholeNumber, 1)
    .option('--eta <number>', 'η of DDIM, 0 to 1', number)
    .addOption(
      new Option('--scheduler <name>', "scheduler (default: the model's own)").choices(
        Object.keys(schedulersByName),
      ),
    )
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
      '.png, .jpg, .webp or .avif; numbered when there are several',
      'output.png',
    )
    .option('--no-metadata', 'write no generation parameters into the file')
    .action((options: Options) => longWork('Loading', (spinner, signal) => draw(options, spinner, signal)));
}

async function draw(options: Options, spinner: Ora, signal: AbortSignal): Promise<string[]> {
  const { steps, images, size: wanted, seed: first } = options;
  const guidanceScale = options.guidanceScale ?? (options.model === shapes ? SHAPES_GUIDANCE : GUIDANCE);
  const loading = {
    inferencePrecision: options.precision,
    device: options.device,
    cacheDir: options.cacheDir,
    signal,
    onProgress: (progress: PipelineProgress) => {
      spinner.text = describe(progress);
    },
    // Each is refused by name where the model is not of the kind it is for.
    ...(options.revision && { revision: options.revision }),
    ...(options.predictionType && { predictionType: options.predictionType }),
  };
  await using pipeline = isSingleFile(options.model)
    ? await OVStableDiffusionPipeline.fromSingleFile(options.model, loading)
    : await OVStableDiffusionPipeline.fromPretrained(options.model, loading);
  if (options.scheduler !== undefined) {
    pipeline.scheduler = schedulersByName[options.scheduler as keyof typeof schedulersByName](
      pipeline.scheduler.config,
    );
  }
  const { sampleSize, vaeScaleFactor } = pipeline.components;
  const trained = sampleSize * vaeScaleFactor;
  await pipeline.reshape({
    ...(wanted ?? { width: trained, height: trained }),
    numImagesPerPrompt: images,
    guidance: guidanceScale > 1,
  });
  signal.throwIfAborted();

  const result = await pipeline.generate(options.prompt, {
    negativePrompt: options.negativePrompt,
    numInferenceSteps: steps,
    guidanceScale,
    eta: options.eta,
    seeds: first === undefined ? undefined : Array.from({ length: images }, (_, i) => first + BigInt(i)),
    signal,
    onStep: ({ step, steps: all, secondsPerStep }) => {
      spinner.text = `Step ${step}/${all}, ${secondsPerStep.toFixed(2)} s each`;
    },
  });
  spinner.text = 'Writing';
  const files = numbered(options.output, images);
  await Promise.all(
    result.images.map((image, i) => image.toFile(files[i] ?? '', { metadata: options.metadata })),
  );
  return files;
}

function describe(progress: PipelineProgress): string {
  if (progress.phase === 'download') return describeDownload(progress);
  const { phase, component, done, total } = progress;
  return `${phase === 'read' ? 'Reading' : 'Compiling'}: ${component} (${done}/${total})`;
}

/** One name as it is; several with their number before the extension. */
function numbered(output: string, count: number): string[] {
  if (count === 1) return [output];
  const { dir, name, ext } = parse(output);
  return Array.from({ length: count }, (_, i) => `${dir ? `${dir}/` : ''}${name}-${i + 1}${ext}`);
}
