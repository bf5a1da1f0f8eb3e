import type { GenerationParameters } from '../../lib/image/index.js';

/** Texts that AUTOMATIC1111's web UI wrote, from its documentation and from public reports that quote it; what they say. */
export const webUiInfotexts: [version: string, text: string, says: GenerationParameters][] = [
  [
    "1.0, the example in its own parser's documentation",
    "girl with an artist's beret, determined, blue eyes, ((eyeshadow)), (coquettish), detailed, intricate\n" +
      'Negative prompt: ugly, fat, obese, chubby, (((deformed))), [blurry], bad anatomy, (extra_limb)\n' +
      'Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 965400086, Size: 512x512, Model hash: 45dee52b',
    {
      prompt:
        "girl with an artist's beret, determined, blue eyes, ((eyeshadow)), (coquettish), detailed, intricate",
      negativePrompt: 'ugly, fat, obese, chubby, (((deformed))), [blurry], bad anatomy, (extra_limb)',
      numInferenceSteps: 20,
      scheduler: 'EulerAncestralDiscreteScheduler',
      guidanceScale: 7,
      seed: 965400086,
      width: 512,
      height: 512,
      otherFields: { 'Model hash': '45dee52b' },
    },
  ],
  [
    '1.7, the schedule being part of the sampler',
    '(aaa bbb:1.2), (ccc:1.2), ddd\nNegative prompt: (aaa bbb:1.3), ccc\n' +
      'Steps: 40, Sampler: DPM++ 2M SDE Karras, CFG scale: 6.5, Seed: 123456, Size: 256x512, Model hash: abcd1234, ' +
      'Clip skip: 2, TI hashes: "aaa: dddd1111, bbb-ccc: eeee2222", Version: v1.7.0',
    {
      prompt: '(aaa bbb:1.2), (ccc:1.2), ddd',
      negativePrompt: '(aaa bbb:1.3), ccc',
      numInferenceSteps: 40,
      scheduler: 'DPMSolverMultistepScheduler',
      schedulerConfig: {
        algorithmType: 'sde-dpmsolver++',
        solverOrder: 2,
        solverType: 'midpoint',
        useKarrasSigmas: true,
        useExponentialSigmas: false,
        useBetaSigmas: false,
        timestepSpacing: 'linspace',
      },
      guidanceScale: 6.5,
      seed: 123456,
      width: 256,
      height: 512,
      clipSkip: 1,
      otherFields: {
        'Model hash': 'abcd1234',
        'TI hashes': 'aaa: dddd1111, bbb-ccc: eeee2222',
        Version: 'v1.7.0',
      },
    },
  ],
  [
    '1.10',
    'a full-body portrait of a kamen rider, standing on a beautiful, green, lush, natural landscape\n' +
      'Steps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: 1741860054, Size: 512x512, ' +
      'Model hash: 6ce0161689, Model: v1-5-pruned-emaonly, RNG: CPU, Version: v1.10.1',
    {
      prompt:
        'a full-body portrait of a kamen rider, standing on a beautiful, green, lush, natural landscape',
      numInferenceSteps: 20,
      scheduler: 'DPMSolverMultistepScheduler',
      schedulerConfig: {
        algorithmType: 'dpmsolver++',
        solverOrder: 2,
        solverType: 'midpoint',
        useKarrasSigmas: true,
        useExponentialSigmas: false,
        useBetaSigmas: false,
        timestepSpacing: 'linspace',
      },
      guidanceScale: 7,
      seed: 1741860054,
      width: 512,
      height: 512,
      model: 'v1-5-pruned-emaonly',
      rng: 'CPU',
      otherFields: { 'Model hash': '6ce0161689', Version: 'v1.10.1' },
    },
  ],
  [
    '1.9, an image from another, by the schedule its sampler has by default',
    'professional product photoshoot of perfume bottle in sand with beach elements, studio lighting\n' +
      'Negative prompt: incomplete figures\n' +
      'Steps: 20, Sampler: Euler a, Schedule type: Automatic, CFG scale: 7, Seed: 3001968073, Size: 985x1266, ' +
      'Model hash: b513c6287d, Model: realism_engine, Denoising strength: 0.75, Mask blur: 2, Version: v1.9.4',
    {
      prompt:
        'professional product photoshoot of perfume bottle in sand with beach elements, studio lighting',
      negativePrompt: 'incomplete figures',
      numInferenceSteps: 20,
      scheduler: 'EulerAncestralDiscreteScheduler',
      schedulerConfig: { timestepSpacing: 'linspace' },
      guidanceScale: 7,
      seed: 3001968073,
      width: 985,
      height: 1266,
      model: 'realism_engine',
      strength: 0.75,
      otherFields: { 'Model hash': 'b513c6287d', 'Mask blur': '2', Version: 'v1.9.4' },
    },
  ],
  [
    'a ControlNet unit, whose quoted value holds fields of its own',
    'realistic photography\nNegative prompt: (two tails:1.2),FastNegativeV2,\n' +
      'Steps: 20, Sampler: DDIM, Schedule type: Automatic, CFG scale: 7, Seed: 1944526060, Size: 512x512, ' +
      'ControlNet 0: "Module: canny, Model: control_v11p_sd15_canny [d14c016b], Weight: 1.0, Seed: 5", Eta DDIM: 0.5',
    {
      prompt: 'realistic photography',
      negativePrompt: '(two tails:1.2),FastNegativeV2,',
      numInferenceSteps: 20,
      scheduler: 'DDIMScheduler',
      schedulerConfig: { timestepSpacing: 'leading' },
      eta: 0.5,
      guidanceScale: 7,
      seed: 1944526060,
      width: 512,
      height: 512,
      otherFields: {
        'ControlNet 0': 'Module: canny, Model: control_v11p_sd15_canny [d14c016b], Weight: 1.0, Seed: 5',
      },
    },
  ],
  [
    'prompts of several lines, a sampler and a schedule that diffusers does not have',
    'a cat, <lora:detail:0.8>\nsitting on a mat\nNegative prompt: ugly,\nblurry\n' +
      'Steps: 20, Sampler: DPM++ 2S a, Schedule type: Align Your Steps, CFG scale: 7.0, Seed: 123, ' +
      'Lora hashes: "detail: abc123, style: def456"',
    {
      prompt: 'a cat, <lora:detail:0.8>\nsitting on a mat',
      negativePrompt: 'ugly,\nblurry',
      numInferenceSteps: 20,
      scheduler: 'DPM++ 2S a',
      scheduleType: 'Align Your Steps',
      guidanceScale: 7,
      seed: 123,
      otherFields: { 'Lora hashes': 'detail: abc123, style: def456' },
    },
  ],
];
