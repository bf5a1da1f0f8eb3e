/** The site's pages: the documents of this repository under the names that they have on the site. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, posix, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

/** The folder that VitePress builds the site from. */
export const contentFolder = join(import.meta.dirname, '.content');

/** Documents by their paths in the repository, with their names on the site. */
function sitePages() {
  const pages = new Map([
    ['README.md', 'index.md'],
    ['CONTRIBUTING.md', 'contributing.md'],
    ['CHANGELOG.md', 'changelog.md'],
    ['SECURITY.md', 'security-policy.md'],
  ]);
  for (const name of readdirSync(join(root, 'docs'))) pages.set(`docs/${name}`, name);
  return pages;
}

/** Writes the pages into the content folder. */
export function writeContent() {
  const pages = sitePages();
  rmSync(contentFolder, { recursive: true, force: true });
  mkdirSync(contentFolder);
  for (const [source, target] of pages) {
    if (source.endsWith('.md')) {
      const text = readFileSync(join(root, source), 'utf8');
      writeFileSync(join(contentFolder, target), withSiteLinks(text, source, pages));
    } else {
      cpSync(join(root, source), join(contentFolder, target));
    }
  }
}

/**
 * A document whose links lead to the site's pages. What is in the repository but not on the site (examples, the
 * licence) is named by its path instead.
 *
 * @param {string} text
 * @param {string} source
 * @param {ReadonlyMap<string, string>} pages
 */
function withSiteLinks(text, source, pages) {
  // Code is matched first, so that what looks like a link in it stays as it is.
  return text.replace(
    /^```.*?^```$|(!?)\[([^\]]*)\]\((?![a-z]+:|#)([^)#\s]+)(#[^)\s]*)?\)/gms,
    (whole, image, label, path, anchor = '') => {
      if (path === undefined) return whole;
      const file = posix.join(dirname(source), path);
      const page = pages.get(file);
      if (page !== undefined) return `${image}[${label}](./${page}${anchor})`;
      if (!existsSync(join(root, file))) throw new Error(`${source} links to ${path}, which does not exist`);
      return label.includes(file) ? label : `${label} (\`${file}\` in the repository)`;
    },
  );
}
