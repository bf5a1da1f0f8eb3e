import { stat } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';

import { ModelLoadError } from '../../common/errors.js';
import { FileReadError, readFileBytes } from '../../common/read-file.js';
import { checkNetwork } from './ir/check-network.js';
import { IrNetworkReader } from './ir/network-reader.js';

/** The longest .xml, of SDXL's UNet, has some 10 MB. */
const MAX_XML_BYTES = 64 * 2 ** 20;
const PIECE_CHARACTERS = 2 ** 15;
/** The event loop is let go on after so many milliseconds. */
const MAX_STRETCH = 5;

/**
 * Looks through a network in OpenVINO IR before OpenVINO reads it.
 *
 * IR is code more than data, and OpenVINO trusts it: a changed file can end the process, or write over its memory.
 * What is checked is that the network is of operations that diffusion models have, in a form that OpenVINO's exporters
 * write. This keeps out broken files and simple attacks; it does not make a stranger's IR safe as safetensors are.
 *
 * @throws ModelLoadError `MODEL_NOT_FOUND` without the files, `UNSUPPORTED` naming an operation that is not known and
 * its layer, `MODEL_CORRUPT` for what no exporter writes
 */
export async function checkIr(xmlPath: string, binPath: string): Promise<void> {
  const binBytes = await sizeOf(binPath);
  const text = decode(xmlPath, await readXml(xmlPath));
  const reader = new IrNetworkReader(xmlPath);
  let since = performance.now();
  for (let at = 0; at < text.length; at += PIECE_CHARACTERS) {
    reader.write(text.slice(at, at + PIECE_CHARACTERS));
    if (performance.now() - since < MAX_STRETCH) continue;
    await setImmediate();
    since = performance.now();
  }
  const network = reader.close();
  await setImmediate();
  checkNetwork(network, xmlPath, binBytes);
}

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new ModelLoadError('MODEL_NOT_FOUND', `Cannot read ${path}: ${(cause as Error).message}`, {
      cause,
    });
  });
  if (found.isFile()) return found.size;
  throw new ModelLoadError('MODEL_CORRUPT', `Cannot read ${path}: it is not a regular file`);
}

async function readXml(path: string): Promise<Buffer> {
  try {
    return await readFileBytes(path, { maxBytes: MAX_XML_BYTES });
  } catch (cause) {
    if (!(cause instanceof FileReadError)) throw cause;
    const isThere = cause.reason === 'not-a-file' || cause.reason === 'too-large';
    throw new ModelLoadError(isThere ? 'MODEL_CORRUPT' : 'MODEL_NOT_FOUND', cause.message, { cause });
  }
}

function decode(path: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ModelLoadError(
      'MODEL_CORRUPT',
      `${path} is not a network as OpenVINO writes it: it is not UTF-8`,
      {
        cause,
      },
    );
  }
}
