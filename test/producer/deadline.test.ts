import { describe, expect, it } from 'vitest';
import { Deadline } from '../../lambda/producer/deadline.ts';

describe('the deadline of an invocation', () => {
  it.each([
    [60_000, 58_000],
    [8_000, 6_000],
    [4_000, 3_000],
  ])('of %i ms is reached after %i, which leaves time for the queue and the report', (timeMs, abortMs) => {
    expect(new Deadline(1_000, 1_000 + timeMs).abortMs).toBe(1_000 + abortMs);
  });

  it('lets requests start up to half a second before that, when responses are fast', () => {
    // Prepare
    const deadline = new Deadline(0, 60_000);

    // Act
    deadline.responded(20);

    // Assess
    expect(deadline.lastStartMs).toBe(57_500);
  });

  it('gives a request half as long again as the slowest response took', () => {
    // Prepare
    const deadline = new Deadline(0, 60_000);

    // Act
    deadline.responded(4_000);

    // Assess
    expect(deadline.lastStartMs).toBe(52_000);
  });

  it('forgets a slow response after many that were fast', () => {
    // Prepare
    const deadline = new Deadline(0, 60_000);
    deadline.responded(4_000);

    // Act
    for (let response = 0; response < 100; response += 1) {
      deadline.responded(20);
    }

    // Assess
    expect(deadline.lastStartMs).toBe(57_500);
  });
});
