import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { defineConfig } from 'vitepress';

/** What TypeDoc lists of the API; there is none before the first build. */
const apiSidebar = join(import.meta.dirname, '../.content/api/typedoc-sidebar.json');
const api = existsSync(apiSidebar) ? JSON.parse(readFileSync(apiSidebar, 'utf8')) : [];

export default defineConfig({
  title: 'openvino-diffusers',
  description: 'Stable Diffusion for Node.js on Intel and AMD CPUs, through the OpenVINO runtime',
  srcDir: '.content',
  cleanUrls: true,
  ignoreDeadLinks: false,
  themeConfig: {
    search: { provider: 'local' },
    outline: 'deep',
    nav: [
      { text: 'Guide', link: '/getting-started' },
      { text: 'API', link: '/api/' },
      { text: 'Changes', link: '/changelog' },
    ],
    sidebar: [
      {
        text: 'Start',
        items: [
          { text: 'Overview', link: '/' },
          { text: 'Getting started', link: '/getting-started' },
          { text: 'Command line', link: '/cli' },
          { text: 'Examples', link: '/examples' },
        ],
      },
      {
        text: 'Use',
        items: [
          { text: 'Models', link: '/models' },
          { text: 'Prompts', link: '/prompts' },
          { text: 'Schedulers', link: '/schedulers' },
          { text: 'Images', link: '/images' },
          { text: 'Image-to-image and inpainting', link: '/image-to-image' },
          { text: 'Embedding', link: '/embedding' },
          { text: 'Bundlers and runtimes', link: '/bundlers' },
        ],
      },
      {
        text: 'Operate',
        items: [
          { text: 'Performance', link: '/performance' },
          { text: 'Memory', link: '/memory' },
          { text: 'Errors and warnings', link: '/errors' },
          { text: 'Troubleshooting', link: '/troubleshooting' },
          { text: 'Platforms', link: '/platforms' },
          { text: 'Security', link: '/security' },
        ],
      },
      {
        text: 'Background',
        items: [
          { text: 'Comparison', link: '/comparison' },
          { text: 'Architecture', link: '/architecture' },
          { text: 'Cross-loading', link: '/cross-loading' },
          { text: 'Contributing', link: '/contributing' },
          { text: 'Security policy', link: '/security-policy' },
        ],
      },
      { text: 'API', collapsed: true, items: api },
    ],
  },
});
