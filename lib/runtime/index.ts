/**
 * OpenVINO itself: models, tensors and inference requests, for networks of your own.
 *
 * @module openvino-diffusers/runtime
 */

export type { Dimension, ElementType, Port, PortShapes, PropertyValue, TypedArrayOf } from './binding.js';
export { CompiledModel } from './compiled-model.js';
export { Core, openvinoVersion, sharedCore, type CompileModelOptions } from './core.js';
export { fillNormal } from './fill-normal.js';
export * as graph from './graph.js';
export type { GraphOutput } from './binding.js';
export { InferRequest } from './infer-request.js';
export { loadReport, type LoadReport } from './loading/load-report.js';
export { locatePackage, type PackageLocation } from './loading/locate-package.js';
export { MappedFile } from './mapped-file.js';
export { Model } from './model.js';
export { memoryLimits, type MemoryLimits } from './system/memory.js';
export { threadLimit } from './system/threads.js';
export type { CompileProperties } from './properties.js';
export { Tensor } from './tensor.js';
export { WeightConversion } from './weight-conversion.js';
