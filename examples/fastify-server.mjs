// An HTTP server that answers prompts with images:
//
//   npm install fastify openvino-diffusers
//   node fastify-server.mjs
//   curl -d '{"prompt": "a lighthouse at dusk"}' -H 'content-type: application/json' localhost:3000/images -o image.png
import Fastify from 'fastify';
import { OpenVINODiffusersError, OVStableDiffusionPipeline } from 'openvino-diffusers';

const MAX_WAITING = 8;

const pipeline = await OVStableDiffusionPipeline.fromPretrained(
  process.env.MODEL_DIR ?? 'stable-diffusion-v1-5/stable-diffusion-v1-5',
  { strictShapes: true },
);
const { sampleSize, vaeScaleFactor } = pipeline.components;
const size = sampleSize * vaeScaleFactor; // the model's own: 512 for Stable Diffusion 1.5
await pipeline.reshape({ width: size, height: size });

const body = /** @type {const} */ ({
  type: 'object',
  required: ['prompt'],
  additionalProperties: false,
  properties: {
    prompt: { type: 'string', minLength: 1, maxLength: 1000 },
    negativePrompt: { type: 'string', maxLength: 1000 },
    steps: { type: 'integer', minimum: 1, maximum: 50, default: 20 },
    seed: { type: 'integer', minimum: 0, maximum: 2 ** 32 - 1 },
  },
});

/** @typedef {{ prompt: string, negativePrompt?: string, steps: number, seed?: number }} ImageRequest */

// Generations take longer than what stops a server waits: closing it ends them.
const server = Fastify({ logger: { level: 'warn' }, forceCloseConnections: true });
let waiting = 0;

server.post('/images', { schema: { body } }, async (request, reply) => {
  if (waiting >= MAX_WAITING)
    return reply.code(503).header('retry-after', '60').send({ error: 'Too many requests' });
  const { prompt, negativePrompt, steps, seed } = /** @type {ImageRequest} */ (request.body);

  // A client that hangs up ends its generation, also while it waits for its turn.
  const controller = new AbortController();
  reply.raw.once('close', () => controller.abort());
  waiting++;
  try {
    const { images, seeds } = await pipeline.generate(prompt, {
      negativePrompt,
      numInferenceSteps: steps,
      seed,
      signal: controller.signal,
    });
    const [image] = images;
    return await reply
      .type('image/png')
      .header('x-seed', String(seeds[0]))
      .send(await image?.toBuffer('png'));
  } finally {
    waiting--;
  }
});

server.setErrorHandler((error, request, reply) => {
  // What the client asked for is at fault, or the server is: its messages are not for clients.
  const isRefused = error instanceof OpenVINODiffusersError && error.code === 'INVALID_ARGUMENT';
  const isInvalid = error instanceof Error && 'validation' in error;
  if (isRefused || isInvalid) return reply.code(400).send({ error: error.message });
  request.log.error(error);
  return reply.code(500).send({ error: 'The image could not be generated' });
});

server.addHook('onClose', () => pipeline.dispose());
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void server.close());

const address = await server.listen({ port: Number(process.env.PORT ?? 3000) });
console.log(`Listening on ${address}`);
