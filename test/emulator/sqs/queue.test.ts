import { describe, expect, it } from 'vitest';
import { LocalQueue, type QueueSettings } from '../../../lib/emulator/sqs/queue.ts';

function makeQueue(overrides: Partial<QueueSettings> = {}) {
  let nowMs = 0;
  const settings = { queueName: 'work', visibilityTimeoutMs: 1_000, maxReceiveCount: 2, ...overrides };
  const deadLetters: string[] = [];
  const queue = new LocalQueue(settings, {
    now: () => nowMs,
    onDeadLetter: (body) => deadLetters.push(body),
  });
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return { queue, deadLetters, pass };
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
    const { queue, deadLetters, pass } = makeQueue();
    queue.send('a');

    // Act
    for (let receive = 0; receive < 3; receive += 1) {
      queue.receive(10);
      pass(1_000);
    }

    // Assess
    expect(queue.deadLetters).toEqual(['a']);
    expect(deadLetters).toEqual(['a']);
    expect(queue.isEmpty).toBe(true);
    expect(queue.nextVisibleMs).toBe(Number.POSITIVE_INFINITY);
  });

  it('shows a message after its delay, and after a visibility timeout of its own', () => {
    // Prepare
    const { queue, pass } = makeQueue();
    const id = queue.send('a', 60);

    // Act
    const received: number[] = [];
    const receive = () => received.push(queue.receive(1).length);
    pass(59_999);
    receive();
    pass(1);
    receive();
    const changed = [queue.changeVisibility(id, 30), queue.changeVisibility('other', 30)];
    pass(29_999);
    receive();
    pass(1);
    receive();

    // Assess
    expect(received).toEqual([0, 1, 0, 1]);
    expect(changed).toEqual([true, false]);
  });

  it('divides delays by its time factor, to a second at least', () => {
    // Prepare
    const { queue } = makeQueue({ timeFactor: 60 });
    const seen: number[] = [];

    // Act
    for (const seconds of [120, 30, 0]) {
      const id = queue.send('a', seconds);
      seen.push(queue.nextVisibleMs);
      queue.delete(id);
    }

    // Assess
    expect(seen).toEqual([2_000, 1_000, 0]);
  });

  it('divides the visibility timeout of a message only after its invocation ended', () => {
    // Prepare
    const { queue, pass } = makeQueue({ timeFactor: 10, visibilityTimeoutMs: 60_000 });
    const [plain, own] = [queue.send('a'), queue.send('b')];
    const received = queue.receive(2).map((message) => ({ ...message }));

    // Act
    pass(10_000);
    const during = queue.visible;
    queue.changeVisibility(own, 900);
    for (const message of received) {
      queue.release(message);
    }

    // Assess
    expect(during).toBe(0);
    expect(queue.receive(2).map(({ messageId }) => messageId)).toEqual([plain]);
  });

  it('keeps a message for ever without a redrive policy', () => {
    // Prepare
    const { queue, pass } = makeQueue({ maxReceiveCount: undefined });
    queue.send('a');

    // Act
    for (let receive = 0; receive < 2_000; receive += 1) {
      queue.receive(1);
      pass(1_000);
    }

    // Assess
    expect(queue.receive(1)).toMatchObject([{ receiveCount: 2_001 }]);
  });

  it('makes every message visible at once', () => {
    // Prepare
    const { queue } = makeQueue();
    queue.send('a', 900);

    // Act
    queue.reveal();

    // Assess
    expect(queue.receive(1)).toHaveLength(1);
  });

  it('resolves a wait for a change', async () => {
    // Prepare
    const { queue } = makeQueue();
    const changed = queue.changed();

    // Act
    queue.send('a');

    // Assess
    await expect(changed).resolves.toBeUndefined();
  });
});
