import { expect, it } from 'vitest';
import { Comparison } from '../../../lambda/prover/comparison/comparison.ts';
import { createDefaultReader } from '../../../lambda/prover/lines/default-lines.ts';
import { createIdReader } from '../../../lambda/prover/lines/id-text.ts';
import { createTemplateReader } from '../../../lambda/prover/lines/template-lines.ts';
import { compileTemplate } from '../../../lambda/template/compile.ts';
import { createLines, createRun, createStoredObject } from '../../proof/factories.ts';

const mebibyte = 2 ** 20;

it.each([
  ['the default template', 0, createDefaultReader],
  [
    'another template',
    100,
    createTemplateReader(compileTemplate('{{date.now}} {{random.number}} {{random.uuid}}')),
  ],
  ['any template, by ids', 0, createIdReader],
])(
  "a neighbour's line of 500 MiB needs little memory: %s",
  (_, missing, createReader) => {
    // Prepare
    const comparison = new Comparison([createRun()], createReader, { isShared: true });
    const object = comparison.startObject(createStoredObject());
    const piece = Buffer.alloc(64 * 1_024, '0123456789abcdef-0123-4567-89ab-0123456789ab, ');
    const used = () => process.memoryUsage().arrayBuffers;
    const before = used();
    let most = 0;

    // Act
    for (let at = 0; at < 500 * mebibyte; at += piece.length) {
      object.push(piece);
      most = Math.max(most, used());
    }
    object.push(Buffer.from(createLines().join('')));
    object.end();

    // Assess
    expect((most - before) / mebibyte).toBeLessThan(100);
    expect(comparison.missing).toBe(missing);
  },
  120_000,
);
