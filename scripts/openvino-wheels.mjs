/**
 * The wheels OpenVINO is taken from. They carry its headers and libraries; the Python inside is left alone, so
 * any Python tag would do and all platforms use the same one. `node scripts/pin-wheels.mjs` rewrites this file
 * after the version in package.json has changed.
 */

export const pythonTag = { version: '3.11', abi: 'cp311' };

/**
 * @typedef {object} WheelPin
 * @property {string} tag pip's name of the platform
 * @property {string} sha256
 * @property {string} contents hash over the libraries and headers taken from it, see runtime-package.mjs
 * @property {number} bytes
 */

/** The release the pins below belong to. */
export const pinnedVersion = '2026.4.0';

/** @type {Readonly<Record<string, WheelPin>>} */
export const wheels = {
  'linux-x64': {
    tag: 'manylinux_2_28_x86_64',
    sha256: '71ee4e65a914044a510af43da16f3279c8f9dae22cbc8eac63d4a785c4a9c03f',
    contents: '19520e3a09dc57025f883590f716d87b4ad6f45c3ffaa5855a9f6040c9ab3728',
    bytes: 59116483,
  },
  'linux-arm64': {
    tag: 'manylinux_2_35_aarch64',
    sha256: '8d552c6a8b0853447b291da3b2916d1b8a0e6f8bca70c8a9737d661fb5e268ca',
    contents: '37a75ff11ea8510ef8051e6285313dcbcc465a5e9654da825a55f8e1fcfc6cb7',
    bytes: 30308968,
  },
  'darwin-arm64': {
    tag: 'macosx_11_0_arm64',
    sha256: '73f54242b6cf6fb5b6ddee27cfc3c510ddbae96125d6bdb0408aa71a473748a8',
    contents: '5d32e20ab7a703d2c4f6de455afdbd145651b84278bc2a61177d6dfde2d9f366',
    bytes: 33304583,
  },
  'win32-x64': {
    tag: 'win_amd64',
    sha256: 'f00130dee4046272fc734afd88b9cbc69066f37219337828e04f1a1b257b2288',
    contents: '27b7eb52a3cb127d9824afc340bdf3d27add211d25e3e948ea3504167a7990ef',
    bytes: 84018114,
  },
};
