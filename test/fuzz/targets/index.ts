import type { Target } from '../target.js';
import { checkpoint, config, png, safetensors, tokenizer } from './files.js';
import { graphs } from './graph.js';
import { ir } from './ir.js';
import { runtime } from './runtime.js';

/** Everything that takes what strangers make. */
export const targets: readonly Target[] = [
  safetensors,
  checkpoint,
  config,
  tokenizer,
  png,
  ir,
  runtime,
  graphs,
];
