import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** A Markdown file of the project. */
export interface Document {
  /** From the project's root. */
  readonly path: string;
  readonly text: string;
}

/** All documents for users and contributors. */
export function readDocuments(): Document[] {
  const inRoot = readdirSync(root).filter((name) => name.endsWith('.md'));
  const inDocs = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
  const others = ['scripts/train-demo-model/README.md', 'packages/shapes/README.md', 'npm/README.md'];
  const paths = [...inRoot, ...inDocs.map((name) => `docs/${name}`), ...others];
  const packages = readdirSync(join(root, 'packages')).map((name) => `packages/${name}/README.md`);
  return [...paths, ...packages.filter((path) => existsSync(join(root, path)))].map((path) => ({
    path,
    text: readFileSync(join(root, path), 'utf8'),
  }));
}

/** A block of code, by its language. */
export interface CodeBlock {
  readonly language: string;
  readonly code: string;
  /** Of its first line, from 1. */
  readonly line: number;
}

export function codeBlocks({ text }: Document): CodeBlock[] {
  return [...text.matchAll(/^```(\w*)[^\n]*\n(.*?)^```$/gms)].map(
    ({ 1: language = '', 2: code = '', index }) => ({
      language,
      code,
      line: text.slice(0, index).split('\n').length + 1,
    }),
  );
}

/** Whether a block goes on from the pipeline of another one. */
export function usesPipeline(code: string): boolean {
  return /\bpipeline\b/.test(code) && !/\b(const|using) pipeline\b/.test(code);
}

/** A link to a file of the project. */
export interface DocumentLink {
  readonly from: string;
  readonly target: string;
  /** From the project's root. */
  readonly file: string;
  readonly anchor: string | undefined;
}

/** Links that lead into the project. */
export function localLinks(document: Document): DocumentLink[] {
  const text = withoutCode(document.text);
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets
    .filter((target) => !/^[a-z]+:/i.test(target))
    .map((target) => {
      const [path = '', anchor] = target.split('#');
      const own = join(root, document.path);
      const file = relative(root, path === '' ? own : resolve(dirname(own), path));
      return { from: document.path, target, file, anchor };
    });
}

/** Anchors of headings, as GitHub makes them. */
export function anchorsOf({ text }: Document): string[] {
  const headings = [...withoutCode(text).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-'),
  );
}

function withoutCode(text: string): string {
  return text.replace(/^```.*?^```$/gms, '');
}
