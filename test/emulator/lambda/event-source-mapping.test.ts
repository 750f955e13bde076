import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { processQueue } from '../../../lib/emulator/lambda/event-source-mapping.ts';
import type { Invocation } from '../../../lib/emulator/lambda/runtime.ts';
import { LocalQueue } from '../../../lib/emulator/sqs/queue.ts';

const mapping = { batchSize: 2, maxConcurrency: 3 };

function makeQueue(...bodies: string[]): LocalQueue {
  const queue = new LocalQueue({ queueName: 'work', visibilityTimeoutMs: 50, maxReceiveCount: 3 });
  for (const body of bodies) {
    queue.send(body);
  }
  return queue;
}

interface Message {
  readonly messageId: string;
  readonly body: string;
  readonly attributes: { readonly ApproximateReceiveCount: string };
}

/** A function that records its batches, and responds by `respond`. */
function makeFunction(respond: (messages: readonly Message[]) => Partial<Invocation>) {
  const batches: string[][] = [];
  const side = { now: 0, most: 0 };
  const invoke = async (payload: unknown): Promise<Invocation> => {
    const { Records } = payload as { Records: Message[] };
    batches.push(Records.map(({ body }) => body));
    side.now += 1;
    side.most = Math.max(side.most, side.now);
    await setTimeout(5);
    side.now -= 1;
    return { durationMs: 5, ...respond(Records) };
  };
  return { invoke, batches, side };
}

const failing = (...messages: readonly Message[]) => ({
  result: { batchItemFailures: messages.map(({ messageId }) => ({ itemIdentifier: messageId })) },
});

describe('the event source mapping', () => {
  it('processes the queue in batches, with bounded concurrency', async () => {
    // Prepare
    const bodies = Array.from({ length: 21 }, (_, index) => `body ${index}`);
    const queue = makeQueue(...bodies);
    const { invoke, batches, side } = makeFunction(() => failing());

    // Act
    await processQueue(queue, mapping, invoke);

    // Assess
    expect(batches.flat().sort()).toEqual(bodies.sort());
    expect(Math.max(...batches.map(({ length }) => length))).toBe(2);
    expect(side.most).toBe(3);
    expect(queue.isEmpty).toBe(true);
  });

  it('hands over the attributes of a message', async () => {
    // Prepare
    const queue = makeQueue();
    queue.send('body', 0, { MadeFor: { stringValue: '{}' } });
    const messages: unknown[] = [];
    const { invoke } = makeFunction((received) => {
      messages.push(...received);
      return failing();
    });

    // Act
    await processQueue(queue, mapping, invoke);

    // Assess
    expect(messages).toMatchObject([{ messageAttributes: { MadeFor: { stringValue: '{}' } } }]);
  });

  it('hands over a message that failed again, when its visibility timeout is over, and only that', async () => {
    // Prepare
    const queue = makeQueue('a', 'b');
    const { invoke, batches } = makeFunction((messages) =>
      failing(
        ...messages.filter(
          ({ body, attributes }) => body === 'b' && attributes.ApproximateReceiveCount === '1',
        ),
      ),
    );

    // Act
    const startedMs = Date.now();
    await processQueue(queue, mapping, invoke);

    // Assess
    expect(batches).toEqual([['a', 'b'], ['b']]);
    expect(Date.now() - startedMs).toBeGreaterThanOrEqual(49);
    expect(queue.deadLetters).toEqual([]);
  });

  it.each([
    ['fails as a whole', { error: { errorType: 'Error', errorMessage: 'no' } }],
    ['returns something else', { result: 'done' }],
  ])('moves the messages of an invocation that %s to the dead letters', async (_how, response) => {
    // Prepare
    const queue = makeQueue('a', 'b');
    const { invoke, batches } = makeFunction(() => response);

    // Act
    await processQueue(queue, mapping, invoke);

    // Assess
    expect(batches).toEqual([
      ['a', 'b'],
      ['a', 'b'],
      ['a', 'b'],
    ]);
    expect(queue.deadLetters).toEqual(['a', 'b']);
  });

  it('processes what the function itself sends', async () => {
    // Prepare
    const queue = makeQueue('a');
    const { invoke, batches } = makeFunction(([message]) => {
      if (message?.body === 'a') {
        queue.send('b');
      }
      return failing();
    });

    // Act
    await processQueue(queue, mapping, invoke);

    // Assess
    expect(batches).toEqual([['a'], ['b']]);
  });

  it('leaves the rest in the queue when it is stopped', async () => {
    // Prepare
    const queue = makeQueue('a', 'b', 'c', 'd', 'e', 'f', 'g');
    const stop = new AbortController();
    const { invoke, batches } = makeFunction(() => {
      stop.abort();
      return failing();
    });

    // Act
    await processQueue(queue, mapping, invoke, { signal: stop.signal });

    // Assess
    expect(batches).toHaveLength(3);
    expect(queue.isEmpty).toBe(false);
  });

  it('waits for more messages until its window is over, or a batch is full', async () => {
    // Prepare
    const queue = makeQueue('a');
    const { invoke, batches } = makeFunction(() => failing());
    const slow = { ...mapping, batchingWindowMs: 200 };

    // Act
    const startedMs = Date.now();
    const processed = processQueue(queue, slow, invoke);
    await setTimeout(20);
    queue.send('b');
    queue.send('c');
    await processed;

    // Assess
    expect(batches).toEqual([['a', 'b'], ['c']]);
    expect(Date.now() - startedMs).toBeGreaterThanOrEqual(199);
  });

  it('goes on with an empty queue until it may end', async () => {
    // Prepare
    const queue = makeQueue();
    const { invoke, batches } = makeFunction(() => failing());
    let mayEnd = () => {};
    const notBefore = new Promise<void>((resolve) => {
      mayEnd = resolve;
    });

    // Act
    const processed = processQueue(queue, mapping, invoke, { notBefore });
    await setTimeout(20);
    queue.send('a');
    await setTimeout(20);
    const during = batches.length;
    mayEnd();
    await processed;

    // Assess
    expect(during).toBe(1);
  });

  it('ends at once when it is stopped while it waits', async () => {
    // Prepare
    const queue = makeQueue();
    queue.send('a', 900);
    const { invoke } = makeFunction(() => failing());
    const stop = new AbortController();

    // Act
    const processed = processQueue(queue, mapping, invoke, { signal: stop.signal });
    await setTimeout(20);
    const stoppedMs = Date.now();
    stop.abort();
    await processed;

    // Assess
    expect(Date.now() - stoppedMs).toBeLessThan(500);
  });
});
