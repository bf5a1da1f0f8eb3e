import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { runNpm } from '../../scripts/release/npm.mjs';

/**
 * A package registry on this machine. It has what is published to it, and passes everything else on from the registry
 * that npm is set up with.
 */
export class LocalRegistry {
  readonly url: string;
  readonly #folder: string;
  readonly #process: ChildProcess;

  private constructor(folder: string, process: ChildProcess, port: number) {
    this.#folder = folder;
    this.#process = process;
    this.url = `http://127.0.0.1:${port}/`;
  }

  static async start(): Promise<LocalRegistry> {
    const folder = mkdtempSync(join(tmpdir(), 'registry-'));
    const own = { access: '$all', publish: '$authenticated' };
    const config = {
      storage: join(folder, 'storage'),
      self_path: folder,
      configPath: join(folder, 'config.yaml'),
      auth: { htpasswd: { file: join(folder, 'htpasswd') } },
      uplinks: { usual: { url: runNpm(['config', 'get', 'registry']).trim(), timeout: '60s' } },
      packages: {
        'openvino-diffusers': own,
        '@openvino-diffusers/*': own,
        '**': { access: '$all', proxy: 'usual' },
      },
      max_body_size: '200mb',
      web: { enable: false },
      log: { type: 'stdout', format: 'pretty', level: 'fatal' },
    };
    const child = fork(join(import.meta.dirname, 'registry-process.mjs'), [JSON.stringify(config)], {
      execArgv: [],
    });
    const [port] = (await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(([code]) => {
        throw new Error(`The registry has ended with ${String(code)}`);
      }),
    ])) as [number];
    return new LocalRegistry(folder, child, port);
  }

  /** The lines of an .npmrc that lets package managers install from here and publish to here. */
  async npmrc(): Promise<string> {
    const response = await fetch(new URL('-/user/org.couchdb.user:test', this.url), {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'test', password: 'test-password' }),
    });
    const { token } = (await response.json()) as { token: string };
    return `registry=${this.url}\n${this.url.replace('http:', '')}:_authToken=${token}\n`;
  }

  async stop(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.disconnect();
    await ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
