/** The `index.cjs` of platform packages, which say where the package's files are. */

/**
 * Names are literal, as tools that trace files (@vercel/nft, and so Next.js' standalone output) see no others.
 *
 * @param {string} platform
 */
export const addonEntry = (platform) => `'use strict';

const { join } = require('node:path');

exports.version = require('./package.json').version;
exports.addonPath = join(__dirname, 'openvino_diffusers.node');
exports.runtime = () => require('@openvino-diffusers/runtime-${platform}');
exports.fullRuntime = () => require('@openvino-diffusers/runtime-${platform}-full');
`;

export const runtimeEntry = `'use strict';

const { join } = require('node:path');

exports.openvinoVersion = require('./package.json').openvino.version;
exports.libraryFolder = join(__dirname, 'lib');
`;
