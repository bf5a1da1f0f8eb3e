import { InferenceError } from '../common/errors.js';
import { wrongValue } from '../common/options.js';
import { InferenceContext, type ShapePolicy, type VaeDecoder } from '../components/index.js';
import type { StepInfo as LoopStep } from '../denoising/index.js';
import { GeneratedImage, rgbFromLatents, type LatentRgbFactors } from '../image/index.js';
import { decodeLatents } from './decode-latents.js';
import type { ExclusiveCalls } from './exclusive-calls.js';
import type { LatentDiffusionComponents } from './load-components.js';
import type { GenerateRequest } from './request.js';
import type { OnStep } from './step-info.js';

/** What previews of one generation are made with. */
export interface PreviewSetup {
  readonly components: LatentDiffusionComponents;
  readonly calls: ExclusiveCalls;
  readonly policy: ShapePolicy;
  readonly request: GenerateRequest;
  readonly rgbFactors: LatentRgbFactors;
}

/** The user's callback as the loop calls it, with previews while it runs. */
export function withPreviews(onStep: OnStep, setup: PreviewSetup): (step: LoopStep) => Promise<unknown> {
  const call = setup.calls.callback(onStep);
  return async (step) => {
    const state = { hasEnded: false };
    try {
      return await call({ ...step, preview: async (image = 0) => preview(step, image, setup, state) });
    } finally {
      state.hasEnded = true;
    }
  };
}

async function preview(
  { latents, predOriginalSample = latents }: LoopStep,
  image: number,
  setup: PreviewSetup,
  state: { readonly hasEnded: boolean },
): Promise<GeneratedImage> {
  const { components, calls, policy, request, rgbFactors } = setup;
  const { images, latentSize, width, height } = request;
  if (!Number.isInteger(image) || image < 0 || image >= images) {
    throw wrongValue(`integer between 0 and ${images - 1}`, 'image', image);
  }
  calls.requireOpen();
  if (state.hasEnded) {
    throw new InferenceError(
      'CANCELLED',
      'The callback of this step has ended: call preview() inside onStep, and await it there or let it end by itself',
    );
  }
  const each = predOriginalSample.length / images;
  const own = predOriginalSample.slice(image * each, (image + 1) * each);
  const decoder = previewDecoder(components);
  if (!decoder) {
    const scale = width / latentSize.width;
    return new GeneratedImage({ data: rgbFromLatents(own, latentSize, rgbFactors, scale), width, height });
  }
  return calls.runAlsoInCallback(async (signal) => {
    const one = { images: 1, latentSize, width, height };
    const [raw] = await decodeLatents(own, one, decoder, policy, new InferenceContext(signal));
    return new GeneratedImage(raw!);
  });
}

/** A decoder that is fast enough for a preview. */
function previewDecoder({ tinyVae, vaeDecoder }: LatentDiffusionComponents): VaeDecoder | undefined {
  return tinyVae ?? (vaeDecoder.isTiny ? vaeDecoder : undefined);
}
