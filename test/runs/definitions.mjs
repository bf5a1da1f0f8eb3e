/** The bundlers and runtimes that `bundlers.mjs` tries, with the configuration that docs/bundlers.md gives. */

import { nextRun } from './next.mjs';

/**
 * @typedef {object} Place
 * @property {string} folder - where the packages are installed
 * @property {NodeJS.ProcessEnv} env
 * @property {(command: string[], cwd?: string) => string} execute - runs a command, throws when it fails
 * @property {(path: string) => string} read
 */

/**
 * @typedef {object} Run
 * @property {string[]} [tools] - packages to install
 * @property {Record<string, string>} [files]
 * @property {string} [copies] - a folder of the repository
 * @property {(place: Place) => void | Promise<void>} act - makes `image.png`
 */

const node = process.execPath;
const [major = 0] = process.versions.node.split('.').map(Number);

/** @type {Record<string, Run>} */
export const runs = {
  esbuild: {
    tools: ['esbuild@0.28'],
    act: ({ execute }) => {
      execute([
        ...['esbuild', 'app.mjs', '--bundle', '--platform=node', '--format=esm', '--outfile=out/esbuild.mjs'],
        ...['--external:openvino-diffusers', '--external:sharp'],
      ]);
      execute([node, 'out/esbuild.mjs']);
    },
  },
  vite: {
    tools: ['vite@8'],
    act: ({ execute }) => {
      execute(['vite', 'build', '--ssr', 'app.mjs', '--outDir', 'out/vite']);
      execute([node, 'out/vite/app.js']);
    },
  },
  webpack: {
    tools: ['webpack@5', 'webpack-cli@7'],
    files: {
      'webpack.config.mjs': `export default {
  mode: 'production',
  target: 'node20',
  entry: './app.mjs',
  experiments: { outputModule: true },
  output: { path: import.meta.dirname + '/out/webpack', filename: 'app.mjs', module: true, chunkFormat: 'module' },
  externals: { 'openvino-diffusers': 'module openvino-diffusers', sharp: 'module sharp' },
};
`,
    },
    act: ({ execute }) => {
      execute(['webpack']);
      execute([node, 'out/webpack/app.mjs']);
    },
  },
  next: nextRun,
  bun: { tools: ['bun@1'], act: ({ execute }) => void execute(['bun', 'app.mjs']) },
  deno: { tools: ['deno@2'], act: ({ execute }) => void execute(['deno', 'run', '-A', 'app.mjs']) },
  permission: {
    act: ({ folder, execute }) => {
      const flag = major >= 24 ? '--permission' : '--experimental-permission';
      execute([node, flag, '--allow-addons', '--allow-fs-read=*', `--allow-fs-write=${folder}`, 'app.mjs']);
    },
  },
};
