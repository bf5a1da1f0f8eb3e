import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/**
 * Where the control groups of this process keep their settings, in both versions of Linux's interface. Limits of
 * every ancestor apply, so each controller has a list of folders, from the process's own group up to the mount.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html
 * @see https://docs.kernel.org/admin-guide/cgroup-v1/index.html
 */
export interface CgroupFolders {
  readonly v2: readonly string[];
  readonly v1: (controller: 'cpu' | 'memory') => readonly string[];
}

/** A line of /proc/self/mountinfo, as far as it is needed. */
interface Mount {
  readonly type: string;
  /** The group that is mounted: '/', or the container's where the host's hierarchy shows. */
  readonly group: string;
  readonly point: string;
  readonly options: readonly string[];
}

/** @param root - the file system's root; tests have another */
export function cgroupFolders(root = '/'): CgroupFolders {
  const mounts = readMounts(root);
  // `id:controllers:path`; version 2 has id 0 and no controllers.
  const groups = lines(root, 'proc/self/cgroup').map((line) => {
    const [, controllers = '', path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    return { controllers: controllers.split(','), path };
  });
  const folders = (mount: Mount | undefined, controller: string): string[] => {
    const group = groups.find(({ controllers }) => controllers.includes(controller));
    return mount && group ? ancestors(root, mount, group.path) : [];
  };
  return {
    v2: folders(
      mounts.find(({ type }) => type === 'cgroup2'),
      '',
    ),
    v1: (controller) =>
      folders(
        mounts.find(({ type, options }) => type === 'cgroup' && options.includes(controller)),
        controller,
      ),
  };
}

/** The smallest number that `read` finds in any of the folders. */
export function smallest(
  folders: readonly string[],
  read: (folder: string) => number | undefined,
): number | undefined {
  const found = folders.map(read).filter((value) => value !== undefined);
  return found.length === 0 ? undefined : Math.min(...found);
}

/** The text of a setting; undefined where it is not there, as in the root group. */
export function readSetting(folder: string, name: string): string | undefined {
  try {
    return readFileSync(join(folder, name), 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** The lines of a file in /proc; none where there is no such file, as on other systems than Linux. */
export function lines(root: string, path: string): string[] {
  return readSetting(root, path)?.split('\n') ?? [];
}

function readMounts(root: string): Mount[] {
  return lines(root, 'proc/self/mountinfo').flatMap((line) => {
    // `id parent device root point options [tags] - type source superOptions`
    const [before = '', after = ''] = line.split(' - ');
    const [, , , group = '', point = ''] = before.split(' ');
    const [type = '', , options = ''] = after.split(' ');
    return type.startsWith('cgroup') ? [{ type, group, point, options: options.split(',') }] : [];
  });
}

function ancestors(root: string, { group, point }: Mount, path: string): string[] {
  const isBelow = group !== '/' && (path === group || path.startsWith(`${group}/`));
  // Seen from another namespace a path may begin with '..': only what is mounted here can be read.
  const relative = posix.normalize(`/${isBelow ? path.slice(group.length) : path}`);
  const parts = relative.split('/').filter((part) => part !== '' && part !== '..');
  return Array.from({ length: parts.length + 1 }, (_, i) =>
    join(root, point, ...parts.slice(0, parts.length - i)),
  );
}
