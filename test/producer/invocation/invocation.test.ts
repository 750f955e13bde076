import type { SQSBatchResponse } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import type { Claim } from '../../../lambda/contract/claim.ts';
import type { RecordFormat } from '../../../lambda/contract/record-format.ts';
import type { Report } from '../../../lambda/contract/report.ts';
import type { ProducerSettings } from '../../../lambda/contract/settings.ts';
import { mergeSlices, type RunSlice, type Slice, type SlicePair } from '../../../lambda/contract/slice.ts';
import type { PutRecords, PutResponse } from '../../../lambda/producer/delivery/aws/put-records.ts';
import { createDefaultPacker } from '../../../lambda/producer/events/default-events.ts';
import { NothingDeliveredError, WorkQueueError } from '../../../lambda/producer/invocation/errors.ts';
import { createInvocation } from '../../../lambda/producer/invocation/invocation.ts';
import { parsePayload } from '../../../lambda/producer/invocation/parse-payload.ts';
import { createObserver } from '../../../lambda/producer/observer.ts';
import type { RecordBatch } from '../../../lambda/producer/packing/records.ts';
import { createSendAll, type OutgoingMessage, type SendAll } from '../../../lambda/runtime/batches.ts';
import type { Clock } from '../../../lambda/runtime/clock.ts';
import type { Pause } from '../../../lambda/runtime/sqs.ts';
import { createPacer, environmentWith, settingsWith } from '../../simulation/worlds/producer.ts';
import { World } from '../../simulation/worlds/world.ts';
import { madeFor } from '../factories.ts';

/** Fields of a log line. */
type LogFields = Record<string, unknown> & { readonly error?: Error; readonly report?: Report };

/** A Firehose that gives the responses of the test, after 20 ms. */
type Respond = (batch: RecordBatch) => PutResponse | 'never';

const takeAll: Respond = () => ({ kind: 'decided', refused: [], throttled: [] });

function failed(kind: 'rejected' | 'lost' | 'fatal', batch: RecordBatch, message: string): PutResponse {
  return { kind, refused: [...batch.keys()], throttled: [], cause: new Error(message) };
}

/** A work queue that takes some slices. */
function queueThat(
  takes: (slice: RunSlice) => boolean,
  message = 'AccessDenied: not yours',
): SendAll<RunSlice> {
  return async (slices) => {
    const all = [...slices];
    const unqueued = all.filter((slice) => !takes(slice));
    const queued = all.filter(takes);
    return { queued, unqueued, ...(unqueued.length > 0 && { lastFailure: new Error(message) }) };
  };
}

/** Lets one invocation run in a world of its own, whose clock jumps, and returns all that it left behind. */
async function invoke(
  payload: unknown,
  {
    respond = takeAll,
    sendSlices = () => queueThat(() => true),
    recordFormat = 'single',
    timeMs = 20_000,
    postponeFails = false,
    ...settings
  }: {
    readonly respond?: Respond;
    readonly sendSlices?: (clock: Clock) => SendAll<RunSlice>;
    readonly recordFormat?: RecordFormat;
    readonly timeMs?: number;
    readonly postponeFails?: boolean;
  } & Partial<ProducerSettings> = {},
) {
  const world = new World(1);
  const startedMs = world.now();
  const environment = environmentWith('my-stream', recordFormat, settings);
  const putRecords: PutRecords = async (batch, signal) => {
    const response = respond(batch);
    await world.sleep(response === 'never' ? Number.MAX_SAFE_INTEGER : 20, signal);
    return response === 'never' || signal.aborted ? failed('lost', batch, 'no response in time') : response;
  };
  const reports: Report[] = [];
  const lines: ({ readonly text: string } & LogFields)[] = [];
  const log = (text: unknown, ...[fields]: unknown[]) => {
    lines.push({ text: String(text), ...(fields as LogFields) });
  };
  const traces: object[] = [];
  const claims: Claim[] = [];
  const pauses: Pause[] = [];
  const observer = createObserver(
    'my-stream',
    { debug: log, info: log, warn: log, error: log },
    { addMetric: () => undefined },
  );
  let reportedMs = Number.NaN;
  const made = createInvocation({
    environment,
    madeFor,
    createPacker: createDefaultPacker,
    stream: { putRecords, pacer: createPacer(environment, world) },
    queues: {
      sendSlices: sendSlices(world),
      postpone: async (items) => {
        pauses.push(...items);
        if (postponeFails) {
          throw new Error('AccessDenied');
        }
      },
      sendClaims: async (items) => {
        claims.push(...items);
        return { queued: claims, unqueued: [] };
      },
    },
    clock: world,
    observer: {
      ...observer,
      onRequest: (trace, keys) => traces.push({ ...keys, ...trace }),
      onReport: (report, keys) => {
        reportedMs = world.now() - startedMs;
        reports.push(report);
        observer.onReport(report, keys);
      },
    },
  })(payload, { requestId: 'request-1', endMs: startedMs + timeMs });
  let result: unknown;
  let error: Error | undefined;
  let isOver = false;
  made.then(
    (value) => {
      isOver = true;
      result = value;
    },
    (reason) => {
      isOver = true;
      error = reason;
    },
  );
  await world.run(() => isOver, 100_000);
  return { result, error, reports, lines, traces, reportedMs, claims, pauses };
}

/** The event of the work queue, with such bodies: the first message is delivered once, the second twice, … */
function messagesOf(...bodies: (object | string)[]) {
  return {
    Records: bodies.map((body, place) => ({
      eventSource: 'aws:sqs',
      messageId: `message-${place}`,
      receiptHandle: `receipt-${place}`,
      attributes: { ApproximateReceiveCount: String(place + 1) },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })),
  };
}

/** The slices that the payloads in a message ask for, as the function itself reads them. */
function pastedSlices(message: string): RunSlice[] {
  const payloads = message.match(/\{"runId".*?\}/g) ?? [];
  return payloads.map((payload) => parsePayload(JSON.parse(payload), settingsWith(), 'none'));
}

const asSlices = (pairs: readonly SlicePair[], runId = 'run-1') =>
  pairs.map(([from, to]) => ({ runId, from, to }));

const cut = { eventsPerSlice: 1_000 };

describe('an invocation whose work queue takes only some slices', () => {
  const run = { runId: 'run-1', count: 5_000 };
  const takesSome = () => queueThat(({ from }) => from === 0 || from === 3_000);

  it('makes, logs and counts the report, in which queued is what the queue took and undelivered the rest', async () => {
    // Act
    const { reports, lines } = await invoke(run, { ...cut, sendSlices: takesSome });

    // Assess
    expect(reports).toMatchObject([
      {
        eventsRequested: 5_000,
        eventsDelivered: 0,
        eventsQueued: 2_000,
        eventsUndelivered: 3_000,
        queued: [
          [0, 1_000],
          [3_000, 4_000],
        ],
        undelivered: [
          [1_000, 3_000],
          [4_000, 5_000],
        ],
      },
    ]);
    expect(lines.filter(({ report }) => report)).toEqual([
      { text: 'slice finished', runId: 'run-1', report: reports[0] },
    ]);
  });

  it('fails with the run, the numbers, the cause, and payloads that send exactly the rest', async () => {
    // Act
    const { error, reports } = await invoke(run, { ...cut, sendSlices: takesSome });

    // Assess
    expect(error).toBeInstanceOf(WorkQueueError);
    expect(error!.message).toContain(
      'did not take 3000 of the 5000 events of run run-1: AccessDenied: not yours. 0 are delivered, 2000 are queued',
    );
    expect(error!.cause).toEqual(new Error('AccessDenied: not yours'));
    expect(pastedSlices(error!.message)).toEqual(asSlices(reports[0]!.undelivered));
  });

  it('shows three payloads, and says how many more there are and where', async () => {
    // Act
    const { error, reports } = await invoke(
      { runId: 'run-1', count: 9_500 },
      { ...cut, sendSlices: () => queueThat(({ from }) => from % 2_000 === 0) },
    );

    // Assess
    expect(reports[0]!.undelivered).toHaveLength(5);
    expect(pastedSlices(error!.message)).toEqual(asSlices(reports[0]!.undelivered.slice(0, 3)));
    expect(error!.message).toMatch(/the other 2 slices in the report's "undelivered"$/);
  });

  it('makes payloads of names that need care', async () => {
    // Prepare
    const runId = 'a "run" of {mine}\\';

    // Act
    const { error } = await invoke(
      { runId, count: 10 },
      {
        respond: (batch) => failed('rejected', batch, '503'),
        maxAttempts: 1,
        sendSlices: () => queueThat(() => false),
      },
    );

    // Assess
    const payload = error!.message.slice(error!.message.indexOf('{"runId"'));
    expect(parsePayload(JSON.parse(payload), settingsWith(), 'none')).toEqual({ runId, from: 0, to: 10 });
  });

  it('counts what was delivered before, and names why the delivery stopped', async () => {
    // Act
    const { error, reports } = await invoke(
      { runId: 'run-1', count: 2_000 },
      {
        respond: (batch) =>
          batch[0]!.from < 1_000 ? takeAll(batch) : failed('rejected', batch, '502 Bad Gateway from proxy'),
        maxAttempts: 2,
        sendSlices: () => queueThat(() => false, 'no such queue'),
      },
    );

    // Assess
    const { eventsDelivered, requests, requestsFailed, undelivered } = reports[0]!;
    expect(eventsDelivered).toBeGreaterThan(0);
    expect(reports[0]).toMatchObject({ eventsQueued: 0, eventsUndelivered: 2_000 - eventsDelivered });
    expect(requestsFailed).toBeGreaterThan(1);
    expect(error!.message).toContain(
      `events of run run-1: no such queue. ${eventsDelivered} are delivered, 0 are queued`,
    );
    expect(error!.message).toContain(
      `${requestsFailed} of ${requests} requests failed; last failure: 502 Bad Gateway from proxy`,
    );
    expect(pastedSlices(error!.message)).toEqual(asSlices(undelivered));
  });

  it('reports in time when calls to the queue hang', async () => {
    // Act
    const { error, reports, reportedMs } = await invoke(run, {
      ...cut,
      timeMs: 3_000,
      sendSlices: (clock) =>
        createSendAll<RunSlice>(
          async (bodies, signal) => {
            await clock.sleep(Number.MAX_SAFE_INTEGER, signal);
            return {
              kind: 'lost',
              taken: [],
              again: [...bodies.keys()],
              cause: new Error('no response in time'),
            };
          },
          clock,
          madeFor,
        ),
    });

    // Assess
    expect(reportedMs).toBeLessThanOrEqual(2_750);
    expect(reports).toMatchObject([{ eventsUndelivered: 5_000, undelivered: [[0, 5_000]] }]);
    expect(error!.message).toContain('no response in time');
  });

  it('does not fail when the queue takes everything', async () => {
    // Act
    const { result, error, reports } = await invoke(run, cut);

    // Assess
    expect(error).toBeUndefined();
    expect(result).toBe(reports[0]);
    expect(result).toMatchObject({ eventsQueued: 5_000, eventsUndelivered: 0, queued: [[0, 5_000]] });
  });
});

describe('messages whose slices the work queue takes only in part', () => {
  it('fail if something of them is not queued, and only these', async () => {
    // Act
    const { result, reports, lines } = await invoke(
      messagesOf(
        { runId: 'run-1', from: 0, to: 3_000 },
        { runId: 'run-2', from: 0, to: 3_000 },
        { runId: 'run-3', from: 0, to: 500 },
      ),
      { ...cut, sendSlices: () => queueThat(({ runId, from }) => runId === 'run-1' || from === 1_000) },
    );

    // Assess
    expect((result as SQSBatchResponse).batchItemFailures).toEqual([{ itemIdentifier: 'message-1' }]);
    expect(reports).toMatchObject([
      { runId: 'run-1', eventsQueued: 3_000, eventsUndelivered: 0 },
      {
        runId: 'run-2',
        eventsQueued: 1_000,
        eventsUndelivered: 2_000,
        queued: [[1_000, 2_000]],
        undelivered: [
          [0, 1_000],
          [2_000, 3_000],
        ],
      },
      { runId: 'run-3', eventsDelivered: 500, eventsQueued: 0, eventsUndelivered: 0 },
    ]);
    expect(lines.filter(({ report }) => report)).toEqual(
      reports.map((report, place) => ({
        text: 'slice finished',
        runId: report.runId,
        messageId: `message-${place}`,
        report,
      })),
    );
  });

  it('say so with the message, its run, and payloads that send exactly the rest', async () => {
    // Act
    const { lines } = await invoke(
      messagesOf({ runId: 'run-1', from: 0, to: 3_000 }, { runId: 'run-2', from: 0, to: 3_000 }),
      { ...cut, sendSlices: () => queueThat(({ runId, from }) => runId === 'run-1' || from === 1_000) },
    );

    // Assess
    const failures = lines.filter(({ error }) => error);
    expect(failures).toMatchObject([
      { text: 'message failed and stays in the queue', messageId: 'message-1', runId: 'run-2' },
    ]);
    const { error } = failures[0]!;
    expect(error).toBeInstanceOf(WorkQueueError);
    expect(error!.message).toContain(
      'did not take 2000 of the 3000 events of run run-2: AccessDenied: not yours',
    );
    expect(pastedSlices(error!.message)).toEqual(
      asSlices(
        [
          [0, 1_000],
          [2_000, 3_000],
        ],
        'run-2',
      ),
    );
  });

  it('share the slices that both left over, and differ in the rest', async () => {
    // Prepare: the messages overlap, as those do of which the queue delivered one twice
    const sent: RunSlice[] = [];
    const sendSlices = (): SendAll<RunSlice> => async (slices) => {
      sent.push(...slices);
      return { queued: sent.slice(0, 2), unqueued: sent.slice(2), lastFailure: new Error('full') };
    };

    // Act
    const { result, reports } = await invoke(
      messagesOf({ runId: 'run-1', from: 0, to: 2_000 }, { runId: 'run-1', from: 1_000, to: 3_000 }),
      { ...cut, sendSlices },
    );

    // Assess
    expect(sent).toEqual(
      asSlices([
        [0, 1_000],
        [1_000, 2_000],
        [2_000, 3_000],
      ]),
    );
    expect(result).toEqual({ batchItemFailures: [{ itemIdentifier: 'message-1' }] });
    expect(reports).toMatchObject([
      { queued: [[0, 2_000]], undelivered: [] },
      { queued: [[1_000, 2_000]], undelivered: [[2_000, 3_000]] },
    ]);
  });
});

describe('a message that failed', () => {
  const runs = [1, 2, 3, 4, 5, 6, 7].map((place) => ({ runId: `run-${place}`, count: 1_500 }));
  const forbidden: Respond = (batch) => failed('fatal', batch, 'AccessDenied: no');

  it.each<[string, (object | string)[], Parameters<typeof invoke>[1]]>([
    ['Firehose refuses it', runs, { respond: forbidden }],
    ['the work queue does not take the rest', runs, { ...cut, sendSlices: () => queueThat(() => false) }],
  ])(
    'fast because %s comes back soon, later each time, and moves at once after the fifth',
    async (_, bodies, options) => {
      // Act
      const { pauses } = await invoke(messagesOf(...bodies), options);

      // Assess
      expect(pauses).toEqual(
        [60, 240, 960, 3_840, 1, 1, 1].map((seconds, place) => ({
          receiptHandle: `receipt-${place}`,
          seconds,
        })),
      );
    },
  );

  it('because time ran out comes back at the time of the queue: the stream has not recovered so soon', async () => {
    // Act
    const { result, pauses } = await invoke(messagesOf(runs[0]!), { respond: () => 'never', timeMs: 8_000 });

    // Assess
    expect(result).toEqual({ batchItemFailures: [{ itemIdentifier: 'message-0' }] });
    expect(pauses).toEqual([]);
  });

  it('because it is invalid is the only one of its batch that pauses, and is given up within seconds', async () => {
    // Act
    const { pauses } = await invoke(messagesOf(runs[0]!, 'hello', runs[1]!));

    // Assess
    expect(pauses).toEqual([{ receiptHandle: 'receipt-1', seconds: 1 }]);
  });

  it('stays in the queue, for its own time, when the pause cannot be set', async () => {
    // Act
    const { result, lines } = await invoke(messagesOf('hello'), { postponeFails: true });

    // Assess
    expect(result).toEqual({ batchItemFailures: [{ itemIdentifier: 'message-0' }] });
    expect(lines.at(-1)).toEqual({
      text: 'could not shorten the pause of failed messages',
      error: new Error('AccessDenied'),
    });
  });
});

describe('a payload of several slices', () => {
  const payload = {
    runId: 'run-1',
    slices: [
      [4_000, 4_500],
      [0, 1_500],
      [4_500, 5_000],
    ],
  };
  const slices: SlicePair[] = [
    [0, 1_500],
    [4_000, 5_000],
  ];

  it('sends them in one delivery, and none of the events between them', async () => {
    // Prepare
    const sent: Slice[] = [];
    const respond: Respond = (batch) => {
      sent.push(...batch);
      return takeAll(batch);
    };

    // Act
    const { result, claims, reports } = await invoke(payload, { respond });

    // Assess
    expect(mergeSlices(sent)).toEqual(slices);
    expect(sent).toHaveLength(2_500);
    expect(result).toMatchObject({
      from: 0,
      to: 5_000,
      slices,
      eventsRequested: 2_500,
      eventsDelivered: 2_500,
    });
    expect(reports).toEqual([result]);
    expect(claims).toMatchObject([{ runId: 'run-1', slices }]);
  });

  it('leaves slices without gaps to the work queue, each exactly what was not delivered', async () => {
    // Act
    const { result, claims } = await invoke(payload, {
      respond: (batch) =>
        batch[0]!.from >= 500 ? failed('fatal', batch, 'AccessDenied: no') : takeAll(batch),
      concurrency: 1,
    });

    // Assess
    const { eventsDelivered } = result as Report;
    const queued = [[eventsDelivered, 1_500], slices[1]];
    expect(eventsDelivered).toBeGreaterThanOrEqual(500);
    expect(result).toMatchObject({ eventsQueued: 2_500 - eventsDelivered, queued, undelivered: [] });
    expect(claims).toMatchObject([{ slices: [[0, eventsDelivered]] }]);
  });

  it('is cut when it has too many events', async () => {
    // Prepare
    const sent: RunSlice[] = [];
    const sendSlices = () =>
      queueThat((slice) => {
        sent.push(slice);
        return true;
      });

    // Act
    const { result } = await invoke(payload, { ...cut, sendSlices });

    // Assess
    expect(new Set(sent)).toEqual(
      new Set(
        asSlices([
          [0, 1_000],
          [1_000, 1_500],
          [4_000, 5_000],
        ]),
      ),
    );
    expect(result).toMatchObject({ eventsQueued: 2_500, queued: slices });
  });

  it('fails with payloads of single slices when nothing is delivered', async () => {
    // Act
    const { error } = await invoke(payload, {
      respond: (batch) => failed('fatal', batch, 'AccessDenied: no'),
    });

    // Assess
    expect(error).toBeInstanceOf(NothingDeliveredError);
    expect(pastedSlices(error!.message)).toEqual(asSlices(slices));
  });
});

describe('a message', () => {
  const message = (body: string, madeFor?: string) => ({
    Records: [
      {
        ...messagesOf(body).Records[0],
        messageAttributes: { ...(madeFor && { MadeFor: { stringValue: madeFor, dataType: 'String' } }) },
      },
    ],
  });

  it.each([
    ['template', { ...madeFor, template: '0123456789abcdef' }],
    ['stream', { ...madeFor, deliveryStreamName: 'other-stream' }],
  ])('that was made for another %s is refused, and nothing is sent', async (_, other) => {
    // Act
    const { result, reports, traces, lines, claims } = await invoke(
      message('{"runId":"run-1","from":0,"to":10}', JSON.stringify(other)),
    );

    // Assess
    expect(result).toEqual({ batchItemFailures: [{ itemIdentifier: 'message-0' }] });
    expect([reports, traces, claims]).toEqual([[], [], []]);
    expect(lines[0]!.error!.name).toBe('InvalidPayloadError');
    expect(lines[0]!.error!.message).toContain(
      `it was made for ${JSON.stringify(other)}, but this deployment is {"deliveryStreamName":"my-stream","template":"default",`,
    );
  });

  it('that was made for another prefix is sent: its events are the same', async () => {
    const made = JSON.stringify({ ...madeFor, prefix: 'raw/' });
    const { reports } = await invoke(message('{"runId":"run-1","from":0,"to":10}', made));
    expect(reports).toMatchObject([{ runId: 'run-1', eventsDelivered: 10 }]);
  });

  it.each([
    ['{"runId":"run-1","from":0,"to":10}', { runId: 'run-1', from: 0, to: 10 }],
    ['{"runId":"run-1","from":5,"to":10,"eventsPerSecond":100}', { runId: 'run-1', from: 5, to: 10 }],
    ['{"count":100,"runId":"2026-11-22T01:00:00Z"}', { runId: '2026-11-22T01:00:00Z', from: 0, to: 100 }],
    ['{}', { runId: 'message-0', from: 0, to: 100 }],
  ])('of version 0.1.0 is sent: %s', async (body, slice) => {
    const { result, reports } = await invoke(message(body));
    expect(result).toEqual({ batchItemFailures: [] });
    expect(reports).toMatchObject([{ ...slice, eventsDelivered: slice.to - slice.from }]);
  });

  it('has a body that version 0.1.0 reads: what it was made for is in its attribute alone', async () => {
    // Prepare
    const messages: OutgoingMessage[] = [];
    const sendSlices = (clock: Clock) =>
      createSendAll<RunSlice>(
        async (sent) => {
          messages.push(...sent);
          return { kind: 'decided', taken: [...sent.keys()], again: [] };
        },
        clock,
        madeFor,
      );

    // Act
    const { claims } = await invoke({ runId: 'run-1', count: 2_000 }, { ...cut, sendSlices });
    const delivered = await invoke({ runId: 'run-1', count: 10 });

    // Assess
    expect(messages).toEqual([
      { body: '{"runId":"run-1","from":0,"to":1000}', madeFor: JSON.stringify(madeFor) },
      { body: '{"runId":"run-1","from":1000,"to":2000}', madeFor: JSON.stringify(madeFor) },
    ]);
    expect(claims).toEqual([]);
    expect(JSON.stringify(delivered.claims)).toMatch(
      /^\[\{"runId":"run-1","slices":\[\[0,10\]\],"sentFromMs":\d+,"sentToMs":\d+\}\]$/,
    );
  });
});

describe('log lines about messages', () => {
  it('bear the message and its own run, in any order', async () => {
    // Prepare
    const messages = messagesOf({ runId: 'run-1', count: 10 }, { runId: 'run-2', count: 10 });

    // Act
    const { lines, traces } = await invoke(messages);

    // Assess
    const seen = lines.map(({ text, messageId, runId }) => [text, messageId, runId]);
    expect(seen).toEqual([
      ['slice started', 'message-0', 'run-1'],
      ['slice started', 'message-1', 'run-2'],
      ['slice finished', 'message-0', 'run-1'],
      ['slice finished', 'message-1', 'run-2'],
    ]);
    expect(traces).toMatchObject([
      { messageId: 'message-0', runId: 'run-1', attempt: 1 },
      { messageId: 'message-1', runId: 'run-2', attempt: 1 },
    ]);
  });

  it.each([
    ['is not JSON', 'hello', 'The message is not JSON: hello'],
    ['is no payload', { runId: 'run-9', cuont: 10 }, 'cuont: 10 - unknown property'],
  ])('name no run if the message %s', async (_, body, message) => {
    // Prepare
    const messages = messagesOf({ runId: 'run-1', count: 10 }, body, { runId: 'run-2', count: 10 });

    // Act
    const { result, lines } = await invoke(messages);

    // Assess
    expect(result).toEqual({ batchItemFailures: [{ itemIdentifier: 'message-1' }] });
    const [failure, ...others] = lines.filter(({ error }) => error);
    expect(others).toEqual([]);
    expect(failure).toMatchObject({ text: 'message failed and stays in the queue', messageId: 'message-1' });
    expect(failure).not.toHaveProperty('runId');
    expect(failure!.error!.message).toContain(message);
  });

  it('name the message that made no progress, and its run', async () => {
    // Act
    const { result, reports, lines } = await invoke(
      messagesOf({ runId: 'run-1', count: 10 }, { runId: 'run-2', count: 20 }, { runId: 'run-3', count: 10 }),
      {
        respond: (batch) =>
          batch.length === 20 ? failed('fatal', batch, 'AccessDenied: no') : takeAll(batch),
      },
    );

    // Assess
    expect(result).toEqual({ batchItemFailures: [{ itemIdentifier: 'message-1' }] });
    expect(reports.map(({ runId, eventsDelivered }) => [runId, eventsDelivered])).toEqual([
      ['run-2', 0],
      ['run-1', 10],
      ['run-3', 10],
    ]);
    const failures = lines.filter(({ error }) => error);
    expect(failures).toMatchObject([{ messageId: 'message-1', runId: 'run-2' }]);
    expect(failures[0]!.error).toBeInstanceOf(NothingDeliveredError);
    expect(pastedSlices(failures[0]!.error!.message)).toEqual(asSlices([[0, 20]], 'run-2'));
  });

  it('name the message whose events are left to the queue, and its run', async () => {
    // Act
    const { lines } = await invoke(
      messagesOf({ runId: 'run-1', count: 10 }, { runId: 'run-2', count: 1_000 }),
      {
        respond: (batch) =>
          batch[0]!.from > 0 ? failed('fatal', batch, 'AccessDenied: no') : takeAll(batch),
      },
    );

    // Assess
    expect(lines.filter(({ text }) => text.startsWith('events are left to the work queue'))).toEqual([
      {
        text:
          'events are left to the work queue: an error that no retry can fix; ' +
          '1 of 2 requests failed; last failure: AccessDenied: no',
        runId: 'run-2',
        messageId: 'message-1',
      },
    ]);
  });
});

describe('an invocation that delivers nothing', () => {
  it('fails with the run, the cause, and a payload that sends everything again', async () => {
    // Act
    const { error, reports } = await invoke(
      { runId: 'run-1', from: 100, to: 200 },
      { respond: (batch) => failed('fatal', batch, 'ExpiredTokenException: too old') },
    );

    // Assess
    expect(error).toBeInstanceOf(NothingDeliveredError);
    expect(error!.message).toContain('Not one of the 100 events of run run-1 was delivered to my-stream: ');
    expect(error!.message).toContain('1 of 1 requests failed; last failure: ExpiredTokenException: too old');
    expect(error!.message).not.toContain('may be stored');
    expect(pastedSlices(error!.message)).toEqual(asSlices([[100, 200]]));
    expect(reports).toMatchObject([
      { eventsUndelivered: 100, undelivered: [[100, 200]], requestsFailed: 1, stopReason: 'fatal' },
    ]);
  });

  it.each([
    [1, 100],
    [3, 100],
  ])('says how many events may be stored all the same, after %i lost responses', async (lost, uncertain) => {
    // Prepare: credentials run out later
    let requests = 0;
    const respond: Respond = (batch) => {
      requests += 1;
      return requests <= lost
        ? failed('lost', batch, '200 OK from proxy: text/html')
        : failed('fatal', batch, 'ExpiredTokenException: too old');
    };

    // Act
    const { error, reports } = await invoke({ runId: 'run-1', count: 100 }, { respond });

    // Assess
    expect(reports).toMatchObject([{ eventsUncertain: lost * 100, requestsFailed: lost + 1 }]);
    expect(error!.message).toContain(`(${uncertain} at most may be stored all the same)`);
  });

  it.each([
    "InvalidKMSResourceException: the grant for the stream's key may have been revoked",
    'AccessDeniedException: not authorized to perform kms:GenerateDataKey',
  ])('names the remedy if the key of the stream refuses: %s', async (failure) => {
    const { error } = await invoke(
      { runId: 'run-1', count: 100 },
      { respond: (batch) => failed('fatal', batch, failure) },
    );
    expect(error!.message).toContain(
      `last failure: ${failure}. Check the stream's key: the function's role needs kms:GenerateDataKey and kms:Decrypt on it (streamKey)`,
    );
  });
});

describe('an invocation that stops early', () => {
  it.each([
    [
      'fatal',
      'an error that no retry can fix',
      'AccessDenied: no',
      (batch) => failed('fatal', batch, 'AccessDenied: no'),
      {},
    ],
    [
      'attempts',
      'a record was sent as often as maxAttempts allows',
      '502 Bad Gateway from proxy',
      (batch) => failed('lost', batch, '502 Bad Gateway from proxy'),
      { maxAttempts: 3 },
    ],
    ['deadline', 'timeout near', 'no response in time', () => 'never', { timeMs: 8_000 }],
  ] satisfies [string, string, string, Respond, object][])(
    'for the reason "%s" says what failed last, and how many requests',
    async (stopReason, reason, failure, respond, options) => {
      // Act
      const { result, lines } = await invoke(
        { runId: 'run-1', count: 1_000 },
        {
          respond: (batch) => (batch[0]!.from === 0 ? takeAll(batch) : respond(batch)),
          concurrency: 1,
          ...options,
        },
      );

      // Assess
      const { eventsDelivered, eventsQueued, requests, requestsFailed } = result as Report;
      expect(result).toMatchObject({ stopReason });
      expect(eventsDelivered + eventsQueued).toBe(1_000);
      expect(requestsFailed).toBe(requests - 1);
      expect(lines).toContainEqual({
        text: `events are left to the work queue: ${reason}; ${requestsFailed} of ${requests} requests failed; last failure: ${failure}`,
        runId: 'run-1',
      });
    },
  );

  it('says that nothing had failed when it was just too long', async () => {
    // Act
    const { result, lines } = await invoke({ runId: 'run-1', count: 5_000, eventsPerSecond: 100 });

    // Assess
    const { requests, lastFailure } = result as Report;
    expect(lastFailure).toBeUndefined();
    expect(lines).toContainEqual({
      text: `events are left to the work queue: timeout near; 0 of ${requests} requests failed`,
      runId: 'run-1',
    });
  });
});

describe('claims of an invocation', () => {
  it('hold what Firehose acknowledged, also where the work queue did not take the rest', async () => {
    // Act: the third request is the last one that Firehose takes.
    let requests = 0;
    const { reports, claims } = await invoke(
      { runId: 'run-1', count: 5_000 },
      {
        concurrency: 1,
        respond: (batch) => {
          requests += 1;
          return requests <= 3 ? takeAll(batch) : failed('fatal', batch, 'AccessDenied: no');
        },
        sendSlices: () => queueThat(() => false),
      },
    );

    // Assess
    const { undelivered, eventsDelivered } = reports[0]!;
    expect(undelivered).toHaveLength(1);
    expect(claims).toMatchObject([{ runId: 'run-1', slices: [[0, eventsDelivered]] }]);
    expect(eventsDelivered).toBe(undelivered[0]![0]);
    expect(claims[0]!.sentToMs).toBeGreaterThan(claims[0]!.sentFromMs);
  });

  it('are one for each message of which something was acknowledged, between its own times', async () => {
    // Act
    const { claims } = await invoke(
      messagesOf(
        { runId: 'run-1', from: 0, to: 1_000 },
        { runId: 'run-2', from: 7, to: 1_007 },
        { runId: 'run-3', from: 0, to: 5_000 },
      ),
      cut,
    );

    // Assess: the third one is cut, and nothing of it sent.
    expect(claims.map(({ runId, slices }) => [runId, slices])).toEqual([
      ['run-1', [[0, 1_000]]],
      ['run-2', [[7, 1_007]]],
    ]);
    expect(claims[1]!.sentFromMs).toBeGreaterThanOrEqual(claims[0]!.sentToMs);
  });
});
