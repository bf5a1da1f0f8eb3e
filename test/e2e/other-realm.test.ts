import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { createContext, runInContext } from 'node:vm';

import { describe, expect, it } from 'vitest';

import * as ownCopy from '../../lib/index.js';

const root = join(import.meta.dirname, '../..');
const globals = {
  ...{ AbortController, AbortSignal, Blob, Buffer, Event, EventTarget, TextDecoder, TextEncoder, URL },
  ...{ clearInterval, clearTimeout, console, fetch, performance, process, setImmediate, setInterval },
  ...{ setTimeout, structuredClone },
};

/** A realm as Jest makes it: intrinsics of its own, and on Node 20 no Symbol.dispose. */
class Realm {
  readonly #context = createContext({ ...globals });
  readonly #modules = new Map<string, { exports: unknown }>();

  run(code: string): unknown {
    return runInContext(code, this.#context);
  }

  load(path: string): unknown {
    const known = this.#modules.get(path);
    if (known) return known.exports;
    const module = { exports: {} };
    this.#modules.set(path, module);
    const parameters = 'exports, require, module, __filename, __dirname';
    const body = runInContext(
      `(function (${parameters}) {${readFileSync(path, 'utf8')}\n})`,
      this.#context,
    ) as (...values: unknown[]) => void;
    const outside = createRequire(path);
    const require = (name: string): unknown =>
      name.startsWith('.') ? this.load(resolve(dirname(path), name)) : outside(name);
    body(module.exports, Object.assign(require, outside), module, path, dirname(path));
    return module.exports;
  }
}

describe('the built package in a realm without Symbol.dispose', () => {
  const realm = new Realm();
  const runtimeModule = join(root, 'dist/runtime/index.cjs');
  realm.run('delete Symbol.dispose; delete Symbol.asyncDispose;');
  const own = realm.load(join(root, 'dist/index.cjs')) as typeof ownCopy;

  it('generates', async () => {
    const pipeline = await own.OVStableDiffusionPipeline.fromPretrained(join(root, 'test/fixtures/sd-tiny'));
    const { images } = await pipeline.generate('a red circle', { numInferenceSteps: 2, seed: 1 });
    expect(images).toHaveLength(1);
    await pipeline.dispose();
  });

  it('disposes of what `using` is compiled to there', async () => {
    const { graph } = realm.load(runtimeModule) as typeof import('../../lib/runtime/index.js');
    const x = graph.parameter('f32', [1], 'x');
    const model = graph.model([x], [{ output: x, names: ['y'] }], 'm');
    const symbol = realm.run("Symbol.dispose || Symbol.for('Symbol.dispose')") as symbol;
    (model as unknown as Record<symbol, () => void>)[symbol]!();
    await expect(() => model.reshape({ x: [2] })).rejects.toMatchObject({ code: 'DISPOSED' });
  });

  it('types what the addon throws, whose errors are of another realm', async () => {
    const { Core } = realm.load(runtimeModule) as typeof import('../../lib/runtime/index.js');
    await expect(new Core().readModel('/nowhere.xml')).rejects.toMatchObject({
      name: 'ModelLoadError',
      code: 'MODEL_NOT_FOUND',
    });
  });

  it('throws errors that another copy of the package knows as its own', async () => {
    const error: unknown = await own.OVStableDiffusionPipeline.fromPretrained('/nowhere').catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(ownCopy.OpenVINODiffusersError);
    expect(error).toBeInstanceOf(ownCopy.ModelLoadError);
    expect(error).not.toBeInstanceOf(ownCopy.SaveError);
    class Derived extends ownCopy.ModelLoadError {}
    expect(error).not.toBeInstanceOf(Derived);
    expect(new Derived('UNSUPPORTED', 'x')).toBeInstanceOf(Derived);
    expect(new Error('x')).not.toBeInstanceOf(ownCopy.OpenVINODiffusersError);
  });
});
