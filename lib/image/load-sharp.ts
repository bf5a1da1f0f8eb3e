import { createRequire } from 'node:module';

import type sharp from 'sharp';

import { OpenVINODiffusersError } from '../common/errors.js';

type SharpFactory = typeof sharp;

let loaded: SharpFactory | undefined;

/**
 * Loads sharp at its first use instead of at import, so that everything but encoding works where its native binary
 * cannot be loaded.
 *
 * @throws OpenVINODiffusersError `UNSUPPORTED` with the reason and the remedy; later calls try again
 */
export function loadSharp(): SharpFactory {
  try {
    // `require`, because toSharp() is synchronous.
    loaded ??= createRequire(import.meta.url)('sharp') as SharpFactory;
    return loaded;
  } catch (cause) {
    throw new OpenVINODiffusersError(
      'UNSUPPORTED',
      `Encoding and decoding images needs sharp, which cannot be loaded here: ${reasonOf(cause)}\n` +
        'Install it for this platform with `npm install --include=optional sharp` ' +
        `(platform ${process.platform}-${process.arch}; see https://sharp.pixelplumbing.com/install), ` +
        "or generate with outputType: 'raw', which needs no sharp.",
      { cause },
    );
  }
}

/** The first line of sharp's message is the reason; the others are advice for several package managers. */
function reasonOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return message.split('\n', 1)[0] ?? message;
}
