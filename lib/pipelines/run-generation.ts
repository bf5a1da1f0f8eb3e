import { InferenceContext, requireMemory, type UNetInputs, type UNetShape } from '../components/index.js';
import {
  denoise,
  guidanceScaleEmbedding,
  isPartial,
  noiseSource,
  type Denoised,
} from '../denoising/index.js';
import type { LatentRgbFactors } from '../image/index.js';
import { setSchedule, type Scheduler } from '../schedulers/index.js';
import { bindPredictor } from './bind-predictor.js';
import { checkImages } from './check-images.js';
import type { ComponentDescription } from './components.js';
import { decodeLatents } from './decode-latents.js';
import { tokensOf } from './encode-prompt.js';
import type { ExclusiveCalls } from './exclusive-calls.js';
import type { GenerateOptions, OutputType } from './generate-options.js';
import type { GenerateResult, RawImage } from './generate-result.js';
import { generationParameters, syntaxParameters } from './generation-parameters.js';
import type { Generation, Plan, Start } from './generation.js';
import type { LatentDiffusionComponents } from './load-components.js';
import { memoryFor, unetShape } from './network-shapes.js';
import { OUTPUTS } from './outputs.js';
import { withPreviews } from './preview.js';
import { shapeOf, type GenerateRequest } from './request.js';
import type { ReshapePolicy } from './reshape-policy.js';

/** What a pipeline generates with. */
export interface GenerationSetup {
  readonly components: LatentDiffusionComponents & ComponentDescription;
  readonly policy: ReshapePolicy;
  readonly calls: ExclusiveCalls;
  /** Tokens of a prompt, unless it is encoded in chunks. */
  readonly tokens: number;
  readonly rgbFactors: LatentRgbFactors;
  /** A copy that this generation alone uses. */
  readonly scheduler: Scheduler;
  /** The UNet's inputs beside the sample and the timestep. */
  readonly condition: (generation: Generation) => Promise<UNetInputs>;
  /** Called once networks are compiled. */
  readonly inferencePrecision: () => string | undefined;
}

/**
 * Generates: the schedule is set, the plan starts, the loop denoises, the VAE decodes.
 *
 * @throws InferenceError, ModelLoadError; the signal's reason
 */
export async function runGeneration<Output extends OutputType>(
  resolved: GenerateRequest,
  options: GenerateOptions,
  outputType: Output,
  plan: Plan,
  setup: GenerationSetup,
): Promise<GenerateResult<Output>> {
  const begun = performance.now();
  const context = new InferenceContext(options.signal);
  const { components, scheduler, policy, tokens } = setup;
  const { unet, vaeDecoder, safetyChecker, model } = components;
  const { images, latentSize: size } = resolved;
  const shape = [images, unet.outChannels, size.height, size.width];
  const noise = noiseSource(options, shape);
  const request = withSchedule(resolved, options, plan, scheduler);
  const needs = {
    tokens,
    encodes: plan.encodes,
    isPartial: isPartial(options),
    checks: outputType !== 'latent',
  };
  requireMemory(memoryFor(components, shapeOf(request), policy, needs));

  const generation = { request, options, scheduler, noise, shape, context };
  const start = await plan.start(generation);
  const { latents, stopped, secondsPerStep } = await denoiseFrom(generation, start, setup);
  let nsfwContentDetected: readonly boolean[] | undefined;
  const decode = async (): Promise<RawImage[]> => {
    const decoded = await decodeLatents(latents, request, vaeDecoder, policy, context);
    if (safetyChecker) nsfwContentDetected = await checkImages(decoded, safetyChecker, context);
    return plan.finish ? plan.finish(decoded, request) : decoded;
  };
  const output = await OUTPUTS[outputType]({
    latents,
    shape,
    seeds: noise.seeds,
    decode,
    describe: generationParameters(request, {
      scheduler,
      model,
      modelSchedulerConfig: await model.schedulerConfig().catch(() => ({})),
      inferencePrecision: setup.inferencePrecision(),
      sharesSeed: options.seed !== undefined,
      guidance: options,
      ownParameters: { ...syntaxParameters(options), ...plan.parameters },
    }),
  });
  const timings = {
    totalSeconds: (performance.now() - begun) / 1000,
    inferenceSeconds: context.inferenceSeconds,
    secondsPerStep,
  };
  return { ...output, seeds: noise.seeds, stopped, nsfwContentDetected, timings };
}

/** Sets the scheduler's timesteps; a schedule of one's own says how many steps there are. */
function withSchedule(
  request: GenerateRequest,
  { timesteps, sigmas }: GenerateOptions,
  plan: Plan,
  scheduler: Scheduler,
): GenerateRequest {
  const { numInferenceSteps } = request;
  setSchedule(scheduler, { ...plan.schedule, timesteps, sigmas, numInferenceSteps });
  if (timesteps === undefined && sigmas === undefined) return request;
  return { ...request, numInferenceSteps: Math.ceil(scheduler.timesteps.length / scheduler.order) };
}

async function denoiseFrom(
  generation: Generation,
  start: Start,
  { components, policy, calls, tokens: ownTokens, rgbFactors, condition }: GenerationSetup,
): Promise<Denoised> {
  const { request, options, scheduler, noise, context } = generation;
  const { latents, firstIndex, endIndex, afterStep } = start;
  const { unet, vaeScaleFactor } = components;
  const { images, numInferenceSteps, eta, guidanceScale } = request;
  const width = unet.guidanceEmbeddingWidth;
  const inputs = {
    ...(await condition(generation)),
    ...(width !== undefined && { timestep_cond: guidanceScaleEmbedding(guidanceScale, width, images) }),
  };
  const tokens = tokensOf(inputs, unet, request);
  const shapeFor = (guidance: boolean): UNetShape =>
    unetShape({ ...shapeOf(request), guidance }, vaeScaleFactor, tokens);
  if (tokens !== ownTokens) {
    requireMemory([unet.requiredMemory(shapeFor(shapeOf(request).guidance), policy)]);
  }
  const previews = { components, calls, policy, request, rgbFactors };
  return denoise({
    latents,
    ...(firstIndex !== undefined && { firstIndex }),
    ...(endIndex !== undefined && { endIndex }),
    ...(afterStep && { afterStep }),
    predictor: await bindPredictor(generation, start, { unet, inputs, policy, shapeFor }),
    scheduler,
    numInferenceSteps,
    images,
    eta,
    noise: noise.next,
    signal: context.signal,
    onStep: options.onStep && withPreviews(options.onStep, previews),
  });
}
