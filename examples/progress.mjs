// Shows progress and previews, and lets the user end early:
//
//   node progress.mjs "a lighthouse at dusk" lighthouse.png
//
// A preview of each fifth step is in lighthouse.png before the image is. Ctrl-C decodes what there is so far, a second
// Ctrl-C ends the generation without an image.
import { OVStableDiffusionPipeline } from 'openvino-diffusers';

const [prompt = 'a lighthouse at dusk', output = 'output.png'] = process.argv.slice(2);

const pipeline = await OVStableDiffusionPipeline.fromPretrained(
  process.env.MODEL_DIR ?? 'stable-diffusion-v1-5/stable-diffusion-v1-5',
  {
    onProgress: (event) => {
      if (event.phase === 'download') console.log(`Downloaded ${event.bytes} of ${event.totalBytes} bytes`);
      else console.log(`${event.phase}: ${event.component} (${event.done}/${event.total})`);
    },
  },
);

const controller = new AbortController();
let isEnough = false;
process.on('SIGINT', () => {
  if (isEnough) controller.abort();
  isEnough = true;
});

try {
  const { images, seeds, stopped, timings } = await pipeline.generate(prompt, {
    numInferenceSteps: 20,
    signal: controller.signal,
    onStep: async ({ step, steps, secondsPerStep, preview }) => {
      const left = (steps - step) * secondsPerStep;
      console.log(`Step ${step}/${steps}, ${left.toFixed(0)} s left`);
      if (step % 5 === 0 && step < steps) {
        await (await preview()).toFile(output);
        console.log(`Preview in ${output}`);
      }
      return isEnough ? 'stop' : undefined;
    },
  });
  await images[0]?.toFile(output);
  const end = stopped ? 'ended early' : 'complete';
  console.log(`${output}: seed ${seeds[0]}, ${timings.totalSeconds.toFixed(1)} s, ${end}`);
} catch (error) {
  if (!controller.signal.aborted) throw error;
  console.log('Stopped without an image');
} finally {
  await pipeline.dispose();
}
