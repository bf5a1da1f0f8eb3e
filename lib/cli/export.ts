import { Command, Option } from 'commander';
import type { Ora } from 'ora';

import {
  exportPipeline,
  exportSingleFile,
  WEIGHT_FORMATS,
  type PipelineExport,
  type PredictionType,
  type WeightFormat,
} from '../models/index.js';
import { locateModel } from '../hub/index.js';
import { saveExport } from '../pipelines/index.js';
import { isSingleFile, predictionTypeOption, wholeNumber } from './arguments.js';
import { describeDownload, revisionOption } from './hub.js';
import { longWork } from './long-work.js';

interface Options {
  revision?: string;
  weightFormat: WeightFormat;
  variant?: string;
  clipSkip?: number;
  predictionType?: PredictionType;
  config?: string;
  tokenizer?: string;
  overwrite?: boolean;
}

/** `openvino-diffusers export`: a diffusers model in, a folder of OpenVINO networks out. */
export function exportCommand(): Command {
  return new Command('export')
    .description('convert a diffusers model to OpenVINO, as optimum-intel lays it out')
    .argument(
      '<model>',
      'in the layout of diffusers with weights in safetensors: a folder, or an id on the hub; or a .safetensors checkpoint',
    )
    .argument('<output>', 'folder to be made')
    .addOption(revisionOption())
    .addOption(
      new Option('--weight-format <format>', 'how weights are stored')
        .choices(WEIGHT_FORMATS)
        .default('stored'),
    )
    .option('--variant <name>', "files of weights to read, e.g. 'fp16'")
    .option('--clip-skip <layers>', 'layers of the text encoder to leave out at the end', wholeNumber)
    .addOption(predictionTypeOption())
    .option('--config <folder>', 'of a checkpoint: folder of diffusers with its configurations')
    .option('--tokenizer <folder>', 'of a checkpoint: folder with its tokenizer')
    .option('--overwrite', 'replace the output folder if it exists')
    .action((model: string, output: string, options: Options) =>
      longWork('Reading', (spinner, signal) => convert(model, output, options, spinner, signal)),
    );
}

async function convert(
  model: string,
  output: string,
  { overwrite, ...options }: Options,
  spinner: Ora,
  signal: AbortSignal,
): Promise<string[]> {
  const pipeline = isSingleFile(model)
    ? await exportSingleFile(model, options)
    : await exportModel(model, options, spinner, signal);
  await saveExport(pipeline, output, {
    overwrite,
    signal,
    onProgress: ({ component, done, total }) => {
      spinner.text = `Written: ${component} (${done}/${total})`;
    },
  });
  return [output];
}

async function exportModel(
  model: string,
  { revision, ...options }: Omit<Options, 'overwrite'>,
  spinner: Ora,
  signal: AbortSignal,
): Promise<PipelineExport> {
  const folder = await locateModel(model, {
    ...{ revision, variant: options.variant, export: true, signal },
    onProgress: (progress) => {
      spinner.text = describeDownload(progress);
    },
  });
  return exportPipeline(folder, options);
}
