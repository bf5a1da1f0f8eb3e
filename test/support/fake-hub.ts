import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, relative, sep } from 'node:path';

/** What is in a repository, as in a commit. Files from 1 KB count as large: their blobs are named by SHA-256. */
export type Files = Readonly<Record<string, Buffer | string>>;

export interface RecordedRequest {
  readonly path: string;
  readonly token: string | undefined;
  readonly range: string | undefined;
  /** Whether the store behind the hub received it, which is another origin. */
  readonly atStore: boolean;
}

/** What the server does instead of answering properly. */
export interface Fault {
  /** Part of the path of the requests it affects. */
  readonly at: string;
  /** How many of them. Default: all. */
  times?: number;
  readonly act: (response: ServerResponse, content: Buffer) => void;
}

const LARGE = 1000;

export const commitOf = (name: string): string => createHash('sha1').update(name).digest('hex');

/** The name of a blob: SHA-256 for large files, git's hash for others. */
export function hashOf(content: Buffer | string): string {
  const bytes = Buffer.from(content);
  if (bytes.length >= LARGE) return createHash('sha256').update(bytes).digest('hex');
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

export async function filesOf(folder: string, wanted = /./): Promise<Files> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  const files = paths.map(async (path) => [
    relative(folder, path).split(sep).join('/'),
    await readFile(path),
  ]);
  return Object.fromEntries(
    (await Promise.all(files)).filter(([name]) => wanted.test(String(name))),
  ) as Files;
}

/** The part of the hub's protocol that downloads need, served on this machine, with faults on request. */
export class FakeHub implements AsyncDisposable {
  readonly requests: RecordedRequest[] = [];
  readonly faults: Fault[] = [];
  /** `id` to branches and tags to names of commits. */
  readonly refs = new Map<string, Record<string, string>>();
  /** Repositories that want a token, and which. */
  readonly tokens = new Map<string, string>();
  /** Entries a page of listings. */
  pageSize = 1000;
  /** Whether large files are kept in the store. */
  usesStore = true;
  readonly #commits = new Map<string, Files>();
  readonly #hub: Server;
  readonly #store: Server;
  /** Chosen by the system, and kept through pauses. */
  #port = 0;

  private constructor() {
    this.#hub = createServer((request, response) => {
      this.#serve(request, response, false);
    });
    this.#store = createServer((request, response) => {
      this.#serve(request, response, true);
    });
  }

  static async start(): Promise<FakeHub> {
    const hub = new FakeHub();
    await hub.resume();
    await new Promise<void>((listening) => hub.#store.listen(0, '127.0.0.1', listening));
    return hub;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** @returns the commit's hash */
  commit(id: string, name: string, files: Files, ...refs: string[]): string {
    this.#commits.set(commitOf(name), files);
    const known = this.refs.get(id) ?? {};
    this.refs.set(id, { ...known, ...Object.fromEntries(refs.map((ref) => [ref, commitOf(name)])) });
    return commitOf(name);
  }

  requestsFor(path: string): RecordedRequest[] {
    return this.requests.filter((request) => request.path.endsWith(path));
  }

  /** As if the cable were pulled. */
  async pause(): Promise<void> {
    this.#hub.closeAllConnections();
    await new Promise((closed) => this.#hub.close(closed));
  }

  async resume(): Promise<void> {
    await new Promise<void>((listening) => this.#hub.listen(this.#port, '127.0.0.1', listening));
    this.#port = (this.#hub.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of [this.#hub, this.#store]) {
      server.closeAllConnections();
      if (server.listening) await new Promise((closed) => server.close(closed));
    }
  }

  #serve(request: IncomingMessage, response: ServerResponse, atStore: boolean): void {
    const { pathname: path, searchParams } = new URL(request.url ?? '', this.endpoint);
    const { authorization, range } = request.headers;
    this.requests.push({ path, token: authorization?.replace('Bearer ', ''), range, atStore });

    const [, id, ask, revision = '', file = ''] =
      /^\/(?:api\/models\/)?((?:[^/]+\/)?[^/]+)\/(revision|tree|resolve)\/([^/]+)\/?(.*)$/.exec(path) ?? [];
    const refs = this.refs.get(id ?? '');
    const commit = refs?.[decodeURIComponent(revision)] ?? revision;
    const files = this.#commits.get(commit);
    const content = Buffer.from(files?.[decodeURIComponent(file)] ?? '');

    // With a store, faults of a large file's content happen there.
    const redirects = ask === 'resolve' && this.usesStore && !atStore && content.length >= LARGE;
    const fault = redirects
      ? undefined
      : this.faults.find(({ at, times }) => path.includes(at) && times !== 0);
    if (fault) {
      if (fault.times !== undefined) fault.times--;
      fault.act(response, content);
      return;
    }
    const wanted = this.tokens.get(id ?? '');
    if (!refs) refuse(response, authorization ? 404 : 401, 'RepoNotFound', 'Repository not found');
    else if (!atStore && wanted !== undefined && authorization !== `Bearer ${wanted}`) {
      if (authorization) refuse(response, 403, 'GatedRepo', 'Access to this model is restricted');
      else refuse(response, 401, 'GatedRepo', 'You must be authenticated');
    } else if (!files) refuse(response, 404, 'RevisionNotFound', 'Invalid rev id');
    else if (ask === 'revision')
      sendJson(response, { _id: '1', id, sha: commit, lastModified: '2024-01-01' });
    else if (ask === 'tree') this.#list(response, files, path, Number(searchParams.get('cursor') ?? 0));
    else if (!(decodeURIComponent(file) in files)) refuse(response, 404, 'EntryNotFound', 'Entry not found');
    else if (redirects) {
      response
        .writeHead(302, { ...fileHeaders(content, commit), location: `${originOf(this.#store)}${path}` })
        .end();
    } else sendFile(response, content, commit, range);
  }

  #list(response: ServerResponse, files: Files, path: string, from: number): void {
    const entries = Object.entries(files).map(([name, content]) => {
      const bytes = Buffer.from(content);
      const hash = hashOf(bytes);
      const lfs = bytes.length < LARGE ? undefined : { oid: hash, size: bytes.length, pointerSize: 130 };
      return { type: 'file', path: name, size: bytes.length, oid: lfs ? commitOf(hash) : hash, lfs };
    });
    const next = from + this.pageSize;
    if (next < entries.length) {
      response.setHeader('link', `<${this.endpoint}${path}?recursive=true&cursor=${next}>; rel="next"`);
    }
    sendJson(response, entries.slice(from, next));
  }
}

/** Faults that tests share. */
export const faults = {
  status:
    (status: number, headers: Record<string, string> = {}) =>
    (response: ServerResponse) => {
      response.writeHead(status, headers).end();
    },
  /** The connection ends after so many bytes of the answer. */
  cut: (bytes: number) => (response: ServerResponse, content: Buffer) => {
    response.writeHead(200, { 'content-length': content.length });
    response.write(content.subarray(0, bytes));
    // After what was sent has arrived.
    setTimeout(() => response.destroy(), 50);
  },
  /** So many bytes arrive, and then nothing. */
  stall: (bytes: number) => (response: ServerResponse, content: Buffer) => {
    response.writeHead(200, { 'content-length': content.length });
    response.write(content.subarray(0, bytes));
  },
  /** Another content under the name, complete as far as HTTP can tell. */
  send: (change: (content: Buffer) => Buffer) => (response: ServerResponse, content: Buffer) => {
    response.end(change(content));
  },
};

function originOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function fileHeaders(content: Buffer, commit: string): Record<string, string> {
  const etag = `"${hashOf(content)}"`;
  const linked = { 'x-linked-etag': etag, 'x-linked-size': String(content.length) };
  return { 'x-repo-commit': commit, etag, ...(content.length < LARGE ? {} : linked) };
}

function sendFile(
  response: ServerResponse,
  content: Buffer,
  commit: string,
  range: string | undefined,
): void {
  const start = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
  const headers = { ...fileHeaders(content, commit), 'content-length': content.length - start };
  if (range === undefined) response.writeHead(200, headers);
  else {
    const contentRange = `bytes ${start}-${content.length - 1}/${content.length}`;
    response.writeHead(206, { ...headers, 'content-range': contentRange });
  }
  response.end(content.subarray(start));
}

function refuse(response: ServerResponse, status: number, errorCode: string, message: string): void {
  response.writeHead(status, { 'x-error-code': errorCode, 'x-error-message': message }).end();
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}
