/** Reads the reports of AddressSanitizer, UndefinedBehaviorSanitizer and ThreadSanitizer. */

/**
 * @typedef {object} SanitizerReport
 * @property {string} kind what the sanitizer calls it, e.g. 'heap-use-after-free' or 'data race'
 * @property {boolean} isOurs whether one of the accesses is by code of the addon
 * @property {string[]} frames the accesses, each by its first frame outside the sanitizer and the C library
 */

/** Where stacks of other things than accesses begin: who allocated, who started the thread. */
const OTHER_STACK =
  /^\s*(freed by|previously allocated by|allocated by|Thread T\d+.*created|Mutex M\d+.*created|Location is|SUMMARY|Address .* is located in stack)/i;
const FRAME = /^\s*#\d+\s/;
/** The sanitizer's own functions and the C and C++ libraries' stand between the addon and what it does. */
const LIBRARY =
  /lib(asan|tsan|ubsan|lsan|sanitizer)\b|\blibc\.so|\blibstdc\+\+|\.\.\/sysdeps\/|\/usr\/include\/c\+\+\/|interceptor/;
/** What the compiler has put of the standard library into a module is the module's, so that of others is not between. */
const ADDONS_COPY =
  /^\s*#\d+\s+(0x[0-9a-f]+ in )?(\S+ )?(std::|operator (new|delete)).*openvino_diffusers\.node/;
/** Sources are known by their paths within the project, which is how CMakeLists.txt has them compiled. */
const OURS = /openvino_diffusers\.node|(^|[\s/])native\//;
const UNDEFINED = /^(\S+?):\d+:\d+: runtime error: (.*)$/;

/**
 * @param {string} log what one process has written
 * @returns {SanitizerReport[]}
 */
export function readReports(log) {
  return [...undefinedBehaviour(log), ...blocks(log).map(readBlock)];
}

/**
 * UndefinedBehaviorSanitizer writes a line that names the source, and a stack behind it.
 *
 * @param {string} log
 * @returns {SanitizerReport[]}
 */
function undefinedBehaviour(log) {
  return log.split('\n').flatMap((line) => {
    const [, source = '', kind = ''] = UNDEFINED.exec(line.trim()) ?? [];
    if (source === '') return [];
    return [{ kind, isOurs: OURS.test(source), frames: [source] }];
  });
}

/**
 * The other two begin with "WARNING: ThreadSanitizer: …" or "ERROR: AddressSanitizer: …".
 *
 * @param {string} log
 */
function blocks(log) {
  const starts = [...log.matchAll(/(?:WARNING|ERROR): (?:Thread|Address|Leak)Sanitizer: /g)].map(
    ({ index }) => index,
  );
  return starts.map((start, i) => log.slice(start, starts[i + 1]));
}

/**
 * @param {string} block
 * @returns {SanitizerReport}
 */
function readBlock(block) {
  const [, kind = 'unknown'] = /Sanitizer: ([^(\n]*)/.exec(block) ?? [];
  const frames = accessStacks(block).map((stack) =>
    (stack.find((frame) => !LIBRARY.test(frame) && !ADDONS_COPY.test(frame)) ?? stack[0] ?? '').trim(),
  );
  return { kind: kind.trim(), isOurs: frames.some((frame) => OURS.test(frame)), frames };
}

/**
 * The stacks of accesses. In a report of a leak the stack is who allocated, which is what it is about.
 *
 * @param {string} block
 */
function accessStacks(block) {
  /** @type {string[][]} */
  const stacks = [];
  let isAccess = true;
  /** @type {string[] | undefined} */
  let open;
  for (const line of block.split('\n')) {
    if (FRAME.test(line)) {
      if (!isAccess) continue;
      if (!open) stacks.push((open = []));
      open.push(line);
    } else if (line.trim() !== '') {
      open = undefined;
      isAccess = !OTHER_STACK.test(line);
    }
  }
  return stacks;
}
