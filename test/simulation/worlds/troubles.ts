import { type Quota, quotas } from '../../../lib/aws/quotas.ts';
import type { Deployment, Faults } from './deployment.ts';

/** Something that breaks in a deployment, and the alarms that must fire. */
export interface Trouble {
  readonly what: string;
  /** Whether it belongs to the fast tests. @default false */
  readonly isFast?: boolean;
  /** The alarms that fire because of it: these and no others. */
  readonly fires: readonly string[];
  readonly context?: Record<string, unknown>;
  /** Quotas of the stream. @default - those of us-east-1 */
  readonly limits?: Partial<Quota>;
  /** Duration of the faults. @default 60 */
  readonly minutes?: number;
  readonly faults?: { readonly [Group in keyof Faults]?: Partial<Faults[Group]> };
  readonly begin?: (deployment: Deployment) => void;
  /** Minutes from the end of the faults to `end`. @default 0 */
  readonly endAfter?: number;
  readonly end?: (deployment: Deployment) => void;
  /** Minutes after which the alarms are OK again. @default 60 */
  readonly quietAfter?: number;
}

const redrive = (deployment: Deployment): void => deployment.redrive();

const neighbour = Buffer.from('{"id":"0b0f3c1e-5d0a-4c7b-9a55-7f1f3f6f2a10"}');

export const troubles: readonly Trouble[] = [
  {
    what: 'every object that lands is deleted, for twenty minutes',
    fires: ['DeadLetters', 'EventsLost', 'EventsUnproven'],
    context: { lostAfter: '1' },
    minutes: 20,
    faults: { stack: { changeObject: () => undefined } },
    // All of it is lost before any of it is sent again.
    endAfter: 100,
    end: redrive,
  },
  {
    what: 'a transformation cuts the last line of every object, for twenty minutes',
    fires: ['DeadLetters', 'EventsCorrupt', 'EventsLost', 'EventsUnproven'],
    context: { lostAfter: '1' },
    minutes: 20,
    faults: {
      stack: { changeObject: (chunks) => [...chunks.slice(0, -1), chunks.at(-1)!.subarray(0, -10)] },
    },
    endAfter: 100,
    end: redrive,
  },
  {
    what: 'every object gets an extra line',
    isFast: true,
    fires: ['EventsCorrupt'],
    faults: { stack: { changeObject: (chunks) => [...chunks, Buffer.from('this is not an event\n')] } },
  },
  {
    what: 'others put records without line breaks into an existing stream: none of the alarms',
    fires: [],
    context: { deliveryStreamName: 'my-stream', bucketName: 'my-bucket' },
    minutes: 180,
    faults: {
      stack: { changeObject: (chunks) => [neighbour, ...chunks.flatMap((chunk) => [chunk, neighbour])] },
    },
  },
  {
    what: 'every object has its events twice',
    fires: ['Duplicates'],
    minutes: 180,
    faults: { stack: { changeObject: (chunks) => [...chunks, ...chunks] } },
    quietAfter: 120,
  },
  {
    what: 'the trigger of the proof queue is off',
    isFast: true,
    fires: ['ProverSilence'],
    begin: ({ prover }) => prover.queue.setTrigger(false),
    end: ({ prover }) => prover.queue.setTrigger(true),
  },
  {
    what: 'the prover may not read the bucket',
    fires: ['EventsUnproven', 'ProverErrors'],
    faults: { bucket: { denied: [0, Number.POSITIVE_INFINITY] } },
  },
  {
    what: 'the proof queue takes no claims',
    fires: ['ClaimsUnsent'],
    minutes: 30,
    faults: { claims: { queueForbids: 1 } },
  },
  {
    what: 'Firehose cannot write to the bucket',
    fires: ['DeliveryFreshness', 'DeliverySuccess', 'EventsUnproven'],
    faults: { stack: { bucketIsWritable: false } },
  },
  {
    what: 'other programs put twice as much into a small stream as it takes',
    fires: ['BytesQuota', 'RefusedRecords'],
    limits: quotas.default,
    minutes: 30,
    begin: (deployment) => deployment.putFromElsewhere(30, 20, 100_000),
  },
  {
    what: 'a steady run puts nearly as many bytes into the stream as it takes',
    fires: ['BytesQuota'],
    limits: { bytes: 10_000 },
    minutes: 25,
    begin: ({ lambda }) => lambda.invokeAsync({ count: 135 * 25 * 60, eventsPerSecond: 135 }),
  },
  {
    what: 'other programs put nearly as many records into the stream as it takes',
    fires: ['RecordsQuota'],
    limits: { records: 100 },
    minutes: 25,
    begin: (deployment) => deployment.putFromElsewhere(25, 90, 100),
  },
  {
    what: 'a steady run makes nearly as many requests as the stream takes',
    fires: ['RequestsQuota'],
    limits: { requests: 10 },
    minutes: 25,
    begin: ({ lambda }) => lambda.invokeAsync({ count: 9 * 25 * 60, eventsPerSecond: 9 }),
  },
  {
    what: 'Firehose refuses every record',
    isFast: true,
    fires: ['EventsUndelivered', 'RefusedRecords', 'Silence'],
    faults: { firehose: { throttle: 1 } },
  },
  {
    what: 'Firehose refuses every record for two hours',
    fires: ['DeadLetters', 'EventsUndelivered', 'RefusedRecords', 'Silence'],
    minutes: 120,
    faults: { firehose: { throttle: 1 } },
    // The last attempts are over.
    endAfter: 100,
    end: redrive,
  },
  {
    what: 'a proxy responds to 30 % of the requests with an HTML page',
    fires: ['FailedRequests'],
    minutes: 30,
    faults: { firehose: { html: 0.3 } },
    begin: ({ lambda }) => lambda.invokeAsync({ count: 2 * 30 * 60, eventsPerSecond: 2 }),
  },
  {
    what: 'a firewall drops the requests to Firehose',
    fires: ['EventsUndelivered', 'FailedRequests', 'Silence'],
    faults: { firehose: { stall: 1 } },
  },
  {
    what: 'the function may not put records any more',
    isFast: true,
    fires: ['DeadLetters', 'EventsUndelivered', 'FailedRequests', 'FunctionErrors', 'Silence'],
    faults: { firehose: { forbiddenAfterMs: 0 } },
    end: redrive,
  },
  {
    what: 'the work queue gets an invalid message',
    fires: ['DeadLetters'],
    minutes: 30,
    begin: ({ lambda }) => lambda.queue.send({ body: '{"count": "many"}' }),
    end: ({ lambda }) => lambda.deadLetters.splice(0),
  },
  {
    what: 'the trigger of the work queue is off',
    fires: ['WorkQueueStuck'],
    begin: ({ lambda }) => {
      lambda.queue.setTrigger(false);
      lambda.invokeAsync({ count: 2_000_000 });
    },
    end: ({ lambda }) => lambda.queue.setTrigger(true),
  },
  {
    what: 'invocations hang, because neither Firehose nor the work queue responds',
    isFast: true,
    fires: ['EventsUndelivered', 'FunctionDuration', 'FunctionErrors'],
    minutes: 6,
    faults: { firehose: { stall: 1 }, lambda: { queueHangs: true } },
  },
  {
    what: "the account's concurrency is used up",
    fires: ['FunctionThrottles', 'Silence'],
    faults: { lambda: { throttled: true }, prover: { throttled: true } },
  },
  {
    what: 'the schedule is off',
    fires: ['Silence'],
    faults: { stack: { scheduleIsOn: false } },
  },
];

/** Breaks something in a deployment, repairs it, and lets time pass until the alarms must be OK again. */
export async function breakAndRepair(deployment: Deployment, trouble: Trouble): Promise<void> {
  const { faults = {}, minutes = 60, begin, endAfter = 0, end, quietAfter = 60 } = trouble;
  const groups = Object.keys(faults) as (keyof Faults)[];
  const before = groups.map((group) => ({ ...deployment.faults[group] }));
  for (const group of groups) {
    Object.assign(deployment.faults[group], faults[group]);
  }
  begin?.(deployment);
  await deployment.pass(minutes);
  for (const [place, group] of groups.entries()) {
    Object.assign(deployment.faults[group], before[place]);
  }
  await deployment.pass(endAfter);
  end?.(deployment);
  await deployment.pass(quietAfter + 60);
}
