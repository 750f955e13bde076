import type { CheckedTemplate } from '../template/check-template.ts';

/** The functions, by their rooms in `lambda/`. */
export const rooms = ['producer', 'prover'] as const;

/** One of {@link rooms}. */
export type Room = (typeof rooms)[number];

/** The entry points that each room has. */
export const handlers = ['handler', 'template-handler', 'words-handler'] as const;

/** The entry point that has what a template needs, and nothing else. */
export function handlerOf(template: CheckedTemplate | undefined): (typeof handlers)[number] {
  if (template === undefined) {
    return 'handler';
  }
  return template.needsWords ? 'words-handler' : 'template-handler';
}
