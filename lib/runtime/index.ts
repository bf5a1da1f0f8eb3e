export type { Dimension, ElementType, Port, PortShapes, PropertyValue, TypedArrayOf } from './binding.js';
export { CompiledModel } from './compiled-model.js';
export { Core, openvinoVersion, sharedCore, type CompileModelOptions } from './core.js';
export { InferRequest } from './infer-request.js';
export { Model } from './model.js';
export type { CompileProperties } from './properties.js';
export { Tensor } from './tensor.js';
