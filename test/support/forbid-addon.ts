import { basename } from 'node:path';

/** Makes loading any addon but sharp's, or OpenVINO, fail from now on in this process. */
export function forbidAddon(): void {
  const load = process.dlopen.bind(process);
  process.dlopen = (module: object, path: string, flags?: number): void => {
    if (!basename(path).startsWith('sharp-')) {
      throw new Error(`${path} was loaded in a test that needs no addon`);
    }
    if (flags === undefined) load(module, path);
    else load(module, path, flags);
  };
}
