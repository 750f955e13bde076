import { describe, expect, it } from 'vitest';
import { rowsAsJson, summarizeRows } from '../../lib/lake/summary.ts';
import { summarize } from '../../lib/proof/summary.ts';
import { UnanswerableError } from '../../lib/proof/unanswerable.ts';
import { printable } from '../../lib/terminal/text.ts';
import { compare, createLines, createRun, createStoredObject } from '../proof/factories.ts';

/** Moves the cursor up, clears the line and prints a verdict; ends with a C1 control and a mark of direction. */
const hostile = 'a\u001b[1A\u001b[2K\rCOMPLETE: yes\nb\u009b2J\u202ec';
const escaped = 'a\\u001b[1A\\u001b[2K\\u000dCOMPLETE: yes\\u000ab\\u009b2J\\u202ec';

// biome-ignore lint/suspicious/noControlCharactersInRegex: the test looks for control characters
const obeyed = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/;

describe('text of others on a terminal', () => {
  it('is escaped where a terminal would obey it, and nowhere else', () => {
    expect(printable(hostile)).toBe(escaped);
    expect(printable('ü 漢 👩‍👩‍👧 \\ "')).toBe('ü 漢 👩‍👩‍👧 \\ "');
  });

  it('cannot print a verdict as the key of an object, the id of a run, or the line of an object', () => {
    // Prepare
    const run = createRun({ runId: hostile });
    const object = createStoredObject({ key: hostile });

    // Act
    const summary = summarize(
      compare([run], [{ object, lines: [...createLines(run).slice(1), '?\n'] }]).proof,
    );

    // Assess
    expect(summary).not.toMatch(obeyed);
    expect(summary).toContain(`  run         ${escaped}, events 0 to 99`);
    expect(summary.split('\n').filter((line) => line.startsWith('COMPLETE'))).toEqual([]);
    expect(summary.match(/a\\u001b\[1A/g)!.length).toBeGreaterThan(2);
  });

  it('cannot as a cell or a column of a query', () => {
    // Prepare
    const rows = { columns: ['id', hostile], rows: [[hostile, [hostile]]] };

    // Act
    const [table, json] = [summarizeRows(rows), rowsAsJson(rows)];

    // Assess
    expect(table).not.toMatch(obeyed);
    expect(table.split('\n')).toHaveLength(3);
    expect(json).not.toMatch(obeyed);
    expect(JSON.parse(json)).toEqual([{ id: hostile, [hostile]: [hostile] }]);
  });

  it('cannot in the reason why a question has no answer', () => {
    expect(new UnanswerableError(`reading ${hostile}`).message).toBe(`reading ${escaped}`);
  });
});
