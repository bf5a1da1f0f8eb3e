/** What a picture was made from and with; plain and serialisable, except that a large seed is a bigint. */
export interface GenerationParameters {
  prompt: string;
  negativePrompt?: string;
  numInferenceSteps?: number;
  guidanceScale?: number;
  /** The scheduler's diffusers class, "DPMSolverMultistepScheduler". */
  scheduler?: string;
  /** Absent when the user gave latents or a generator of their own: no seed would bring the picture back. */
  seed?: number | bigint;
  width?: number;
  height?: number;
  /** Name of the model, the last part of its id or folder. */
  model?: string;
  /** How much of an initial picture was replaced, 0 to 1. */
  strength?: number;
  /** This package's version. */
  version?: string;
}

// The web UI's names for what diffusers calls by class; programs that read the text know only these.
const samplers: Readonly<Record<string, string>> = {
  DDIMScheduler: 'DDIM',
  DPMSolverMultistepScheduler: 'DPM++ 2M',
  DPMSolverSinglestepScheduler: 'DPM++ 2S',
  DPMSolverSDEScheduler: 'DPM++ SDE',
  EulerAncestralDiscreteScheduler: 'Euler a',
  EulerDiscreteScheduler: 'Euler',
  HeunDiscreteScheduler: 'Heun',
  KDPM2AncestralDiscreteScheduler: 'DPM2 a',
  KDPM2DiscreteScheduler: 'DPM2',
  LCMScheduler: 'LCM',
  LMSDiscreteScheduler: 'LMS',
  PNDMScheduler: 'PLMS',
  UniPCMultistepScheduler: 'UniPC',
};

/**
 * The parameters as AUTOMATIC1111's web UI writes them into pictures (its "infotext"): the prompt, the negative
 * prompt on a line of its own, and a last line of `name: value` pairs. Unknown values are left out.
 */
export function formatParameters(parameters: GenerationParameters): string {
  const { prompt, negativePrompt, scheduler, width, height, version } = parameters;
  const fields: Record<string, string | number | bigint | undefined> = {
    Steps: parameters.numInferenceSteps,
    Sampler: scheduler && (samplers[scheduler] ?? scheduler),
    'CFG scale': parameters.guidanceScale,
    Seed: parameters.seed,
    Size: width && height && `${width}x${height}`,
    Model: parameters.model,
    'Denoising strength': parameters.strength,
    Version: version && `openvino-diffusers ${version}`,
  };
  const pairs = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${quoted(String(value))}`);
  const lines = [prompt];
  if (negativePrompt) lines.push(`Negative prompt: ${negativePrompt}`);
  lines.push(pairs.join(', '));
  return lines.join('\n').trim();
}

/** A value holding one of the format's own separators becomes a JSON string. */
function quoted(value: string): string {
  return /[,:\n]/.test(value) ? JSON.stringify(value) : value;
}
