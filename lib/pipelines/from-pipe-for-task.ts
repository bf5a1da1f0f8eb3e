import type { OVDiffusionPipeline } from './pipeline.js';
import { pipelineForTask, type PipelineTask } from './registry.js';

/** What every pipeline class has; its types want to know the class. */
interface FromPipe {
  fromPipe(pipeline: OVDiffusionPipeline): OVDiffusionPipeline;
}

/**
 * The pipeline for a task over the components of another one.
 *
 * @throws ModelLoadError `UNSUPPORTED` where the family of models has no such pipeline, `INCOMPATIBLE_COMPONENTS`
 */
export function fromPipeForTask(pipeline: OVDiffusionPipeline, task: PipelineTask): OVDiffusionPipeline {
  const pipelineClass = pipelineForTask(pipeline.components.model, task) as unknown as FromPipe;
  return pipelineClass.fromPipe(pipeline);
}
