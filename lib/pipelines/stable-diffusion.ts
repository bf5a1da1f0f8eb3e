import type { UNetInputs } from '../components/index.js';
import { countChunks, encodePrompts, syntaxOf } from '../prompts/index.js';
import type { Scheduler } from '../schedulers/index.js';
import { describeComponents, type DescribedComponents } from './components.js';
import { encodeOrGiven, type Encoded, type EncodeTextsArguments } from './encode-prompt.js';
import type { GenerateOptions } from './generate-options.js';
import type { Generation, Start } from './generation.js';
import { LatentDiffusionPipeline } from './latent-diffusion.js';
import type { StableDiffusionComponents } from './load-components.js';
import type { CompileStep } from './compile-networks.js';
import type { PipelineInit } from './pipeline-init.js';
import type { RequestTexts } from './request.js';

/** The pipelines of Stable Diffusion 1.x and 2.x. */
export abstract class StableDiffusionPipeline extends LatentDiffusionPipeline<DescribedComponents> {
  protected override readonly defaults = { guidanceScale: 7.5 };

  protected constructor(components: StableDiffusionComponents, scheduler: Scheduler, init?: PipelineInit) {
    super(describeComponents(components), scheduler, init);
  }

  protected override get tokens(): number {
    return this.components.tokenizer.maxLength;
  }

  protected override async condition({ request, options, context }: Generation): Promise<UNetInputs> {
    const { states } = await encodeOrGiven(request, options, this.tokens, (...args) =>
      this.encodeTexts(...args, context),
    );
    return { encoder_hidden_states: states };
  }

  protected override async encodeTexts(...of: EncodeTextsArguments): Promise<Encoded> {
    const [texts, options, context] = of;
    const { tokenizer, textEncoder } = this.components;
    const batch = { ...syntaxOf(options), ...texts };
    return { states: await encodePrompts(batch, tokenizer, textEncoder, context) };
  }

  protected override countChunks(texts: RequestTexts, options: GenerateOptions): number {
    const all = [...texts.prompts, ...(texts.negativePrompts ?? [])];
    return countChunks(all, this.components.tokenizer, options);
  }

  protected override textEncoderSteps(): readonly CompileStep[] {
    const { textEncoder } = this.components;
    return [{ component: 'text_encoder', compile: () => textEncoder.compile(this.tokens) }];
  }
}

/** What text to image starts from. */
export function pureNoise({ noise, scheduler }: Generation): Start {
  // Once: some schedulers look through all sigmas for it.
  const { initNoiseSigma } = scheduler;
  return { latents: noise.latents.map((value) => value * initNoiseSigma) };
}
