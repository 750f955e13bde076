import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): string[] {
  return [...readFileSync(page, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** The relative links and pictures of a page that lead nowhere. */
export function deadLinks(page: string): string[] {
  const links = readFileSync(page, 'utf8').matchAll(
    /(?:\]\(|\b(?:href|src|srcset)=")(?!https?:)([^)"#\s]*)(?:#([^)"\s]+))?[)"]/g,
  );
  return [...links].flatMap(([link, path, anchor]) => {
    const target = path ? join(dirname(page), path) : page;
    return !existsSync(target) || (anchor && !anchorsOf(target).includes(anchor)) ? [`${page}: ${link}`] : [];
  });
}
