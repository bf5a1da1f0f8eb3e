import { TaskQueue, type CompileSettings } from '../components/index.js';
import { setNormalKernel } from '../random/normal-kernel.js';
import { fillNormal, sharedCore, threadLimit } from '../runtime/index.js';
import type { LoadingOptions } from './pipeline-options.js';

/** How a pipeline's networks are compiled, for options that were checked. */
export async function compileSettings(options: LoadingOptions): Promise<CompileSettings> {
  const { device = 'CPU', cacheDir, ovConfig = {}, maxCompiledShapes = 2 } = options;
  const core = sharedCore();
  // Schedulers that add noise draw some at every step, on the event loop.
  setNormalKernel(fillNormal);
  const precision = options.inferencePrecision ?? (await nativePrecision(device));
  const threads = device === 'CPU' ? threadLimit() : undefined;
  return {
    core,
    device,
    maxCompiledShapes,
    queue: new TaskQueue(),
    properties: {
      PERFORMANCE_HINT: 'LATENCY',
      ...(precision && { INFERENCE_PRECISION_HINT: precision }),
      // A container's quota, which OpenVINO does not see.
      ...(threads !== undefined && { INFERENCE_NUM_THREADS: threads }),
      ...(cacheDir !== undefined && { CACHE_DIR: cacheDir }),
      ...ovConfig,
    },
  };
}

/** bf16 on processors that compute it natively; elsewhere it would be slower than f32, so OpenVINO decides. */
async function nativePrecision(device: string): Promise<'bf16' | undefined> {
  if (device !== 'CPU') return undefined;
  const capabilities = await sharedCore().getProperty('CPU', 'OPTIMIZATION_CAPABILITIES');
  return Array.isArray(capabilities) && capabilities.includes('BF16') ? 'bf16' : undefined;
}
