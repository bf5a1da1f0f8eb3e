export { Component } from './component.js';
export { InferenceContext } from './inference.js';
export * from './networks.js';
export { requireMemory, type RequiredMemory } from './required-memory.js';
export { DYNAMIC_SHAPES, STATIC_SHAPES, type ShapePolicy } from './shape-policy.js';
export type { CompileSettings } from './shaped-model.js';
export { runInAll, TaskQueue } from './task-queue.js';
export { UNetSession } from './unet-session.js';
