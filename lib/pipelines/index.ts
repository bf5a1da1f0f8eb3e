export type { StableDiffusionComponents } from './components.js';
export type { OnStep, StepInfo } from '../denoising/denoise.js';
export type { GenerateOptions, Latents, OutputType, Seed } from './generate-options.js';
export type { GenerateResult, GenerationTimings, RawImage } from './generate-result.js';
export type {
  ComponentProgress,
  PipelineOptions,
  PipelineProgress,
  ReshapeOptions,
  SingleFileOptions,
} from './pipeline-options.js';
export { OVStableDiffusionPipeline } from './stable-diffusion.js';
