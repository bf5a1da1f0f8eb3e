import type { PredictionType } from '../models/index.js';
import { OVDiffusionPipeline, type DescribedComponents, type PipelineProgress } from '../pipelines/index.js';
import { fromPipeForTask } from '../pipelines/from-pipe-for-task.js';
import type { PipelineTask } from '../pipelines/registry.js';
import { isSingleFile } from './arguments.js';
import { componentName } from './component-names.js';
import { downloadStates } from './hub.js';
import type { Progress } from './progress.js';
import { schedulersByName } from './schedulers.js';

/** What the command line says of the model and of how it is loaded. */
export interface LoadingArguments {
  readonly model: string;
  readonly revision?: string;
  readonly scheduler?: string;
  readonly predictionType?: PredictionType;
  readonly precision?: 'bf16' | 'f32' | 'f16';
  readonly safetyChecker: boolean;
  readonly vae?: string;
  readonly tinyVae?: string;
  readonly device: string;
  readonly cacheDir?: string;
}

/** A pipeline of any class; all have the components that the command line uses. */
export type LoadedPipeline = OVDiffusionPipeline<DescribedComponents>;

/** Loads a model as the pipeline it is for, or for a task, with its progress. */
export async function loadPipeline(
  options: LoadingArguments,
  task: PipelineTask | undefined,
  progress: Progress,
  signal: AbortSignal,
): Promise<LoadedPipeline> {
  const downloadState = downloadStates();
  const loading = {
    inferencePrecision: options.precision,
    device: options.device,
    cacheDir: options.cacheDir,
    vae: options.vae,
    tinyVae: options.tinyVae,
    scheduler: options.scheduler === undefined ? undefined : schedulersByName[options.scheduler],
    signal,
    onProgress: (event: PipelineProgress) => {
      if (event.phase === 'download') progress.update(downloadState(event));
      else {
        const { phase, component, done, total } = event;
        const [verb, activity] =
          phase === 'read' ? ['Read', 'reading the model'] : ['Compiled', 'compiling the networks'];
        progress.update({ label: `${verb}: ${componentName(component)}`, activity, done, total });
      }
    },
    // Each is refused by name where the model is not of the kind it is for.
    ...(options.revision && { revision: options.revision }),
    ...(options.predictionType && { predictionType: options.predictionType }),
  };
  const pipeline = isSingleFile(options.model)
    ? await OVDiffusionPipeline.fromSingleFile(options.model, loading)
    : await OVDiffusionPipeline.fromPretrained(options.model, {
        ...loading,
        ...(options.safetyChecker ? {} : { safetyChecker: null }),
      });
  return (task ? await handOver(pipeline, task) : pipeline) as LoadedPipeline;
}

/** The pipeline for a task in place of another one. */
async function handOver(pipeline: OVDiffusionPipeline, task: PipelineTask): Promise<OVDiffusionPipeline> {
  try {
    return fromPipeForTask(pipeline, task);
  } finally {
    await pipeline.dispose();
  }
}
