/**
 * Folders that become visible only when they are complete. Work happens in a hidden sibling whose name tells who
 * is working there, so that a later run can clear away what a killed one has left without disturbing a live one.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { constants, hostname } from 'node:os';
import { dirname, join } from 'node:path';

import { ScriptError } from './console.mjs';

const prefix = '.partial';
const host = hostname().replaceAll(/[^\w-]/g, '_');
const aDay = 24 * 60 * 60 * 1000;
let count = 0;

/**
 * Runs `work` in a fresh folder beside `target` and removes the folder afterwards, also on Ctrl-C.
 *
 * @template T
 * @param {string} target
 * @param {(scratch: string) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withScratchFolder(target, work) {
  const parent = dirname(target);
  mkdirSync(parent, { recursive: true });
  removeAbandoned(parent);
  const scratch = join(parent, [prefix, host, process.pid, count++].join('.'));
  mkdirSync(scratch);

  const remove = () => rmSync(scratch, { recursive: true, force: true });
  /** @param {NodeJS.Signals} signal */
  const interrupted = (signal) => process.exit(128 + constants.signals[signal]);
  process.on('exit', remove).on('SIGINT', interrupted).on('SIGTERM', interrupted);
  try {
    return await work(scratch);
  } finally {
    process.off('exit', remove).off('SIGINT', interrupted).off('SIGTERM', interrupted);
    remove();
  }
}

/**
 * Puts a finished folder where it belongs, in one rename. Of several runs that finish together the first wins,
 * and the others keep its result.
 *
 * @param {string} finished a folder inside the scratch folder
 * @param {string} target
 * @param {() => boolean} isComplete whether what now stands at `target` is as good as `finished`
 */
export function moveIntoPlace(finished, target, isComplete) {
  for (let attempt = 0; attempt < 3; attempt++) {
    if (existsSync(target)) {
      if (isComplete()) return;
      retire(target, `${finished}.replaced-${attempt}`);
    }
    try {
      renameSync(finished, target);
      return;
    } catch (error) {
      if (!hasCode(error, 'ENOTEMPTY', 'EEXIST', 'EPERM')) throw error;
    }
  }
  if (!isComplete()) {
    throw new ScriptError(
      `Could not replace ${target}: another program is using it. Close it and try again.`,
    );
  }
}

/**
 * @param {string} target
 * @param {string} destination inside the scratch folder, and so removed with it
 */
function retire(target, destination) {
  try {
    renameSync(target, destination);
  } catch (error) {
    // Gone already, or (Windows) held open: the rename that follows finds out which.
    if (!hasCode(error, 'ENOENT', 'EPERM', 'EBUSY')) throw error;
  }
}

/** @param {string} parent */
function removeAbandoned(parent) {
  for (const name of readdirSync(parent)) {
    if (name.startsWith(`${prefix}.`) && isAbandoned(parent, name)) {
      rmSync(join(parent, name), { recursive: true, force: true });
    }
  }
}

/**
 * @param {string} parent
 * @param {string} name
 */
function isAbandoned(parent, name) {
  const [, , owner, pid] = name.split('.');
  if (owner === host) return !isAlive(Number(pid));
  // A process on another machine, or in another container, cannot be asked.
  const modified = statSync(join(parent, name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return Date.now() - modified > aDay;
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}

/**
 * @param {unknown} error
 * @param {...string} codes
 */
function hasCode(error, ...codes) {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
