/** Builds examples/next with Next.js as a standalone server and asks it for an image. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const PORT = 34_567;

/** @type {import('./definitions.mjs').Run} */
export const nextRun = {
  tools: ['next@16', 'react@19', 'react-dom@19', 'typescript@5.9', '@types/react@19', '@types/node@20'],
  copies: 'examples/next',
  async act({ folder, env, execute }) {
    // Where the packages are installed; the example is built there.
    cpSync(join(folder, 'examples/next/app'), join(folder, 'app'), { recursive: true });
    cpSync(join(folder, 'examples/next/next.config.mjs'), join(folder, 'next.config.mjs'));
    execute(['next', 'build']);

    const standalone = join(folder, '.next/standalone');
    const files = readdirSync(join(standalone, 'node_modules'), { recursive: true, encoding: 'utf8' });
    for (const file of [
      'openvino_diffusers.node',
      'libopenvino.so.2640',
      'libopenvino_intel_cpu_plugin.so',
      'libtbb.so.12',
    ]) {
      if (!files.some((path) => path.endsWith(file)))
        throw new Error(`${file} is missing in the standalone output`);
    }
    console.log(
      `next: standalone output has\n  ${files.filter((path) => /\.node$|\.so/.test(path)).join('\n  ')}`,
    );

    // Moved away, so that nothing is found in the folder it was built in.
    const moved = `${folder}-standalone`;
    cpSync(standalone, moved, { recursive: true, verbatimSymlinks: true });
    const server = spawn(process.execPath, ['server.js'], {
      cwd: moved,
      env: { ...env, PORT: String(PORT), HOSTNAME: '127.0.0.1' },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    try {
      const query = new URLSearchParams({
        prompt: 'a red circle on a blue background',
        seed: '1',
        steps: '4',
      });
      const png = await ask(`http://127.0.0.1:${PORT}/api/image?${query}`);
      writeFileSync(join(folder, 'image.png'), png);
    } finally {
      server.kill();
      if (server.exitCode === null) await once(server, 'exit');
    }
    if (!existsSync(join(folder, 'image.png'))) throw new Error('The server gave no image');
  },
};

/** @param {string} address */
async function ask(address) {
  for (let attempt = 0; ; attempt++) {
    try {
      const response = await fetch(address);
      if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`, { cause: 'answer' });
      return new Uint8Array(await response.arrayBuffer());
    } catch (error) {
      if (attempt > 40 || (error instanceof Error && error.cause === 'answer')) throw error;
      await sleep(500);
    }
  }
}
