import { describe, expect, it } from 'vitest';
import { LocalQueue } from '../../../lib/emulator/sqs/queue.ts';

function makeQueue() {
  let nowMs = 0;
  const settings = { queueName: 'work', visibilityTimeoutMs: 1_000, maxReceiveCount: 2 };
  const queue = new LocalQueue(settings, () => nowMs);
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return { queue, pass };
}

describe('a queue', () => {
  it('hands out its messages once, as many as asked for', () => {
    // Prepare
    const { queue } = makeQueue();
    for (const body of ['a', 'b', 'c']) {
      queue.send(body);
    }

    // Act
    const received = [queue.receive(2), queue.receive(2), queue.receive(2)];

    // Assess
    expect(received.map((messages) => messages.map(({ body }) => body))).toEqual([['a', 'b'], ['c'], []]);
    expect(queue.isEmpty).toBe(false);
  });

  it('shows a message again when its visibility timeout is over, unless it was deleted', () => {
    // Prepare
    const { queue, pass } = makeQueue();
    queue.send('a');
    queue.delete(queue.send('b'));

    // Act
    queue.receive(10);
    pass(999);
    const early = queue.receive(10);
    pass(1);
    const again = queue.receive(10);

    // Assess
    expect(early).toEqual([]);
    expect(again).toMatchObject([{ body: 'a', receiveCount: 2 }]);
    expect(queue.nextVisibleMs).toBe(2_000);
  });

  it('makes a dead letter of a message that was received too often', () => {
    // Prepare
    const { queue, pass } = makeQueue();
    queue.send('a');

    // Act
    for (let receive = 0; receive < 3; receive += 1) {
      queue.receive(10);
      pass(1_000);
    }

    // Assess
    expect(queue.deadLetters).toEqual(['a']);
    expect(queue.isEmpty).toBe(true);
    expect(queue.nextVisibleMs).toBe(Number.POSITIVE_INFINITY);
  });

  it('wakes who waits for a change', async () => {
    // Prepare
    const { queue } = makeQueue();
    const changed = queue.changed();

    // Act
    queue.send('a');

    // Assess
    await expect(changed).resolves.toBeUndefined();
  });
});
