// GET /api/image?prompt=…&seed=…&steps=… answers with a PNG.
import { OpenVINODiffusersError, OVStableDiffusionPipeline } from 'openvino-diffusers';

/** The addon needs Node; there is no native code in the Edge runtime. */
export const runtime = 'nodejs';

// Next's development server evaluates this module again after each change; the pipeline stays.
const kept = globalThis as { pipeline?: Promise<OVStableDiffusionPipeline> };

function loadPipeline(): Promise<OVStableDiffusionPipeline> {
  kept.pipeline ??= OVStableDiffusionPipeline.fromPretrained(
    process.env.MODEL_DIR ?? 'stable-diffusion-v1-5/stable-diffusion-v1-5',
  ).catch((error: unknown) => {
    delete kept.pipeline; // The next request tries again.
    throw error;
  });
  return kept.pipeline;
}

export async function GET(request: Request): Promise<Response> {
  const { searchParams } = new URL(request.url);
  const prompt = searchParams.get('prompt');
  const seed = Number(searchParams.get('seed') ?? 0);
  const steps = Number(searchParams.get('steps') ?? 20);
  if (!prompt || !Number.isSafeInteger(seed) || !(steps <= 50)) {
    return Response.json(
      { error: 'Expected a prompt, an integer seed and at most 50 steps' },
      { status: 400 },
    );
  }

  try {
    const pipeline = await loadPipeline();
    const { images } = await pipeline.generate(prompt, {
      numInferenceSteps: steps,
      seed,
      signal: request.signal,
    });
    const png = await images[0]?.toBuffer('png');
    return new Response(png && new Uint8Array(png), { headers: { 'content-type': 'image/png' } });
  } catch (error) {
    if (error instanceof OpenVINODiffusersError && error.code === 'INVALID_ARGUMENT') {
      return Response.json({ error: error.message }, { status: 400 });
    }
    throw error;
  }
}
