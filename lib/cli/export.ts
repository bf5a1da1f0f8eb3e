import { dirname, join, resolve } from 'node:path';

import { Command, Option } from 'commander';

import { SaveError } from '../common/errors.js';
import { fileExists } from '../common/file-exists.js';
import {
  checkVaeConfig,
  exportPipeline,
  exportSingleFile,
  openVae,
  WEIGHT_FORMATS,
  type PipelineExport,
  type PredictionType,
  type ReplacementVae,
  type WeightFormat,
} from '../models/index.js';
import { locateModel, locateVae } from '../hub/index.js';
import { saveExport } from '../pipelines/index.js';
import { isSingleFile, predictionTypeOption, quietOption, vaeOption, wholeNumber } from './arguments.js';
import { componentName } from './component-names.js';
import { downloadStates, revisionOption } from './hub.js';
import { longWork, type WorkResult } from './long-work.js';
import { prepareFolder } from './output.js';
import type { Progress } from './progress.js';

/** Options of an export; each is refused by name where the model is not of the kind it is for. */
interface ExportRequest {
  revision?: string;
  weightFormat: WeightFormat;
  variant?: string;
  clipSkip?: number;
  predictionType?: PredictionType;
  config?: string;
  tokenizer?: string;
  safetyChecker?: null;
  vae?: string;
}

interface Options extends Omit<ExportRequest, 'safetyChecker'> {
  safetyChecker: boolean;
  overwrite?: boolean;
  quiet?: boolean;
}

/** `openvino-diffusers export`: a diffusers model in, a folder of OpenVINO networks out. */
export function exportCommand(): Command {
  return new Command('export')
    .description('convert a diffusers model to OpenVINO, in the layout of optimum-intel')
    .argument(
      '<model>',
      'diffusers folder or id on the hub, with weights in safetensors, or a .safetensors checkpoint',
    )
    .argument('<output>', 'folder to write')
    .addOption(revisionOption())
    .addOption(
      new Option('--weight-format <format>', 'how weights are stored')
        .choices(WEIGHT_FORMATS)
        .default('stored'),
    )
    .option('--variant <name>', "variant of the weights to read, e.g. 'fp16'")
    .option('--clip-skip <layers>', 'layers of the text encoder to skip at its end', wholeNumber)
    .addOption(vaeOption())
    .addOption(predictionTypeOption())
    .option('--config <folder>', 'of a checkpoint: diffusers folder with its configs')
    .option('--tokenizer <folder>', 'of a checkpoint: folder with its tokenizer')
    .option('--no-safety-checker', 'leave the safety checker out')
    .option('--overwrite', 'replace the output folder if it exists')
    .addOption(quietOption())
    .action(run);
}

async function run(
  model: string,
  output: string,
  { quiet, overwrite = false, safetyChecker, ...options }: Options,
): Promise<void> {
  if (!overwrite && (await fileExists(output))) {
    throw new SaveError(`${output} exists already; --overwrite replaces it`);
  }
  await prepareFolder(dirname(resolve(output)));
  const request: ExportRequest = { ...options, ...(safetyChecker ? {} : { safetyChecker: null }) };
  await longWork(
    {
      quiet,
      first: { label: 'Reading', activity: 'reading the model' },
      whenStopped: `${output} was not written`,
    },
    (progress, signal) => convert(model, { output, overwrite }, request, progress, signal),
  );
}

async function convert(
  model: string,
  { output, overwrite }: { output: string; overwrite: boolean },
  request: ExportRequest,
  progress: Progress,
  signal: AbortSignal,
): Promise<WorkResult> {
  // Before the model, which takes longer to download.
  const vae = request.vae === undefined ? undefined : await findVae(request.vae, request, progress, signal);
  const pipeline = isSingleFile(model)
    ? await exportSingleFile(model, { ...request, vae: vae?.path })
    : await exportModel(model, request, vae, progress, signal);
  progress.update({ label: 'Writing', activity: `writing ${output}` });
  await saveExport(pipeline, output, {
    overwrite,
    signal,
    onProgress: ({ component, done, total }) => {
      progress.update({
        label: `Wrote: ${componentName(component)}`,
        activity: `writing ${output}`,
        done,
        total,
      });
    },
  });
  return { lines: [output] };
}

async function exportModel(
  model: string,
  { revision, ...options }: ExportRequest,
  vae: ReplacementVae | undefined,
  progress: Progress,
  signal: AbortSignal,
): Promise<PipelineExport> {
  const downloadState = downloadStates();
  const folder = await locateModel(model, {
    revision,
    variant: options.variant,
    safetyChecker: options.safetyChecker,
    vae: vae && { hasVariant: vae.found?.variant === options.variant },
    export: true,
    signal,
    onProgress: (event) => {
      progress.update(downloadState(event));
    },
  });
  return exportPipeline(folder, { ...options, vae: vae?.path });
}

/** Downloads a VAE if need be, and checks it. */
async function findVae(
  vae: string,
  { variant }: ExportRequest,
  progress: Progress,
  signal: AbortSignal,
): Promise<ReplacementVae> {
  const downloadState = downloadStates();
  const path = await locateVae(
    vae,
    {
      variant,
      signal,
      onProgress: (event) => {
        progress.update(downloadState(event));
      },
    },
    (folder, file) => checkVaeConfig(join(folder, file)),
  );
  return openVae(path, { variant });
}
