import './scheduler-locator.js';

export type { DescribedComponents, DescribedXLComponents } from './components.js';
export type { GenerateOptions, OutputType } from './generate-options.js';
export type {
  GenerateResult,
  GenerationSummary,
  GenerationTimings,
  OutputOf,
  RawImage,
} from './generate-result.js';
export type { CompleteGenerationDefaults } from './generation-defaults.js';
export { OVLatentConsistencyModelPipeline } from './latent-consistency.js';
export {
  OVLatentConsistencyModelImg2ImgPipeline,
  type LatentConsistencyImg2ImgGenerateOptions,
} from './latent-consistency-image-to-image.js';
export type { LatentConsistencyGenerateOptions } from './latent-consistency-options.js';
export type { StableDiffusionComponents, StableDiffusionXLComponents } from './load-components.js';
export { OVStableDiffusionImg2ImgPipeline } from './image-to-image.js';
export type { Img2ImgGenerateOptions } from './image-to-image-options.js';
export type { ImageOptions } from './image-options.js';
export { OVStableDiffusionInpaintPipeline } from './inpaint.js';
export type { InpaintGenerateOptions } from './inpaint-options.js';
export { OVDiffusionPipeline } from './pipeline.js';
export type { OnStep, StepInfo } from './step-info.js';
export type { PipelineInit } from './pipeline-init.js';
export type { AnyGenerateOptions } from './any-generate-options.js';
export type { LoadingOptions, PipelineOptions, SingleFileOptions } from './pipeline-options.js';
export type { CompileProgress, ComponentProgress, PipelineProgress } from './progress.js';
export type { CompileOptions, ReshapeOptions } from './reshape-options.js';
export type { EncodedPrompt, EncodePromptOptions } from './encode-prompt.js';
export type {
  PooledPromptEmbedsOptions,
  Prompt,
  PromptEmbeds,
  PromptEmbedsOptions,
} from './prompt-embeds.js';
export { saveExport } from './save-export.js';
export { OVStableDiffusionPipeline } from './text-to-image.js';
export type { HeightAndWidth, SizeConditions } from './time-ids.js';
export type { DenoisingRange } from './xl-begin.js';
export { OVStableDiffusionXLImg2ImgPipeline, type Img2ImgXLGenerateOptions } from './xl-image-to-image.js';
export { OVStableDiffusionXLInpaintPipeline, type InpaintXLGenerateOptions } from './xl-inpaint.js';
export type { XLOptions } from './xl-options.js';
export { OVStableDiffusionXLPipeline, type GenerateXLOptions } from './xl-text-to-image.js';
export type { DecodeOptions, EncodeImageOptions } from './decode-and-encode.js';
