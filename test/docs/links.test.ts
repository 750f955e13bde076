import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { deadLinks } from './dead-links.ts';

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...['docs', 'docs/decisions'].flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name)),
  ),
];

test.each(pages)('the relative links of %s lead somewhere', (page) => {
  expect(deadLinks(page)).toEqual([]);
});

test('package.json names the repository once, and its pages by it', () => {
  const { repository, homepage, bugs } = JSON.parse(readFileSync('package.json', 'utf8'));
  const [, page] = /^git\+(https:.*)\.git$/.exec(repository.url)!;

  expect({ homepage, bugs }).toEqual({ homepage: `${page}#readme`, bugs: `${page}/issues` });
});

test.each(pages)('the source files that %s names exist', (page) => {
  const paths = readFileSync(page, 'utf8').matchAll(/`((?:bin|lambda|lib|test)\/[\w./-]+)`/g);

  expect([...paths].map(([, path]) => path!).filter((path) => !existsSync(path))).toEqual([]);
});

test.each(pages)('no shell takes a placeholder of %s for a redirect', (page) => {
  const blocks = readFileSync(page, 'utf8').matchAll(/^```(?:sh|bash)\n(.*?)^```$/gms);

  const placeholders = [...blocks].flatMap(([, commands]) => commands!.match(/<[A-Za-z][^>\n]*>/g) ?? []);

  expect(placeholders).toEqual([]);
});
