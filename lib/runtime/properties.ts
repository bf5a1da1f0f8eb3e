import type { PropertyValue } from './binding.js';

/**
 * OpenVINO's properties by their own names, typed where their values are known; any other name passes through to
 * the device, which refuses what it does not know.
 *
 * @see https://docs.openvino.ai — "Query Device Properties", and `openvino/runtime/properties.hpp`
 */
export interface CompileProperties {
  /** Precision in which the device computes. CPU default: bf16 where the processor has it natively, else f32. */
  INFERENCE_PRECISION_HINT?: 'f32' | 'bf16' | 'f16' | 'dynamic';
  PERFORMANCE_HINT?: 'LATENCY' | 'THROUGHPUT' | 'CUMULATIVE_THROUGHPUT';
  PERFORMANCE_HINT_NUM_REQUESTS?: number;
  EXECUTION_MODE_HINT?: 'PERFORMANCE' | 'ACCURACY';
  /** Threads a single inference may use; 0 lets OpenVINO decide. */
  INFERENCE_NUM_THREADS?: number;
  COMPILATION_NUM_THREADS?: number;
  NUM_STREAMS?: number | 'AUTO' | 'NUMA';
  ENABLE_CPU_PINNING?: boolean;
  ENABLE_CPU_RESERVATION?: boolean;
  ENABLE_HYPER_THREADING?: boolean;
  SCHEDULING_CORE_TYPE?: 'ANY_CORE' | 'PCORE_ONLY' | 'ECORE_ONLY';
  /** Folder in which compiled models are kept between runs. */
  CACHE_DIR?: string;
  CACHE_MODE?: 'OPTIMIZE_SIZE' | 'OPTIMIZE_SPEED';
  /** Whether weights are memory-mapped from their file while the model is read. Default: true. */
  ENABLE_MMAP?: boolean;
  PERF_COUNT?: boolean;
  LOG_LEVEL?: 'LOG_NONE' | 'LOG_ERROR' | 'LOG_WARNING' | 'LOG_INFO' | 'LOG_DEBUG' | 'LOG_TRACE';
  MODEL_PRIORITY?: 'LOW' | 'MEDIUM' | 'HIGH';
  DYNAMIC_QUANTIZATION_GROUP_SIZE?: number;
  KV_CACHE_PRECISION?: string;
  DEVICE_ID?: string;
  [name: string]: PropertyValue | undefined;
}
