import type { Quota } from '../../lib/aws/quotas.ts';
import type { BucketFaults } from './aws/bucket.ts';
import type { Deployment } from './worlds/deployment.ts';

/** Something that goes wrong in a simulated world. */
export interface Trouble {
  /** What happens. */
  readonly what: string;
  /** The alarms that ring because of it: these and no others. */
  readonly rings: readonly string[];
  /** What the stack is deployed with. */
  readonly context?: Record<string, unknown>;
  /** What the stream takes, if it is not what it takes in us-east-1. */
  readonly limits?: Partial<Quota>;
  /** How it begins, and for how many minutes it lasts. */
  readonly begin: (deployment: Deployment) => void;
  readonly minutes: number;
  /** How it is fixed; missing if it passes by itself. */
  readonly end?: (deployment: Deployment) => void;
  /** Minutes after which the alarms are silent again. @default 60 */
  readonly quietAfter?: number;
}

/** What is sent in these minutes is lost an hour later, so that all of it is lost before somebody sends it again. */
function changeForTwentyMinutes(deployment: Deployment, change: NonNullable<BucketFaults['change']>): void {
  const untilMs = deployment.nowMs + 20 * 60_000;
  deployment.bucketFaults.change = (bytes) => (deployment.nowMs < untilMs ? change(bytes) : bytes);
}

/** Moves the dead letters to the work queue. */
function redrive({ lambda }: Deployment): void {
  for (const payload of lambda.deadLetters.splice(0)) {
    lambda.send(JSON.stringify(payload));
  }
}

/** Troubles of what happens after Firehose has taken the events. */
export const proofTroubles: readonly Trouble[] = [
  {
    what: 'somebody deletes every object that lands, for twenty minutes',
    rings: ['DeadLetters', 'EventsLost', 'EventsUnproven'],
    context: { lostAfter: '1' },
    minutes: 120,
    begin: (deployment) => changeForTwentyMinutes(deployment, () => undefined),
    end: redrive,
  },
  {
    what: 'a transformation cuts the last line of every object, for twenty minutes',
    rings: ['DeadLetters', 'EventsCorrupt', 'EventsLost', 'EventsUnproven'],
    context: { lostAfter: '1' },
    minutes: 120,
    begin: (deployment) =>
      changeForTwentyMinutes(deployment, (bytes) => [...bytes.slice(0, -1), bytes.at(-1)!.subarray(0, -10)]),
    end: redrive,
  },
  {
    what: 'something adds a line of its own to every object',
    rings: ['EventsCorrupt'],
    minutes: 60,
    begin: ({ bucketFaults }) => {
      bucketFaults.change = (bytes) => [...bytes, Buffer.from('that is no event\n')];
    },
    end: ({ bucketFaults }) => {
      delete bucketFaults.change;
    },
  },
  {
    what: 'every object has its events twice',
    rings: ['Duplicates'],
    minutes: 180,
    begin: ({ bucketFaults }) => {
      bucketFaults.change = (bytes) => [...bytes, ...bytes];
    },
    end: ({ bucketFaults }) => {
      delete bucketFaults.change;
    },
    quietAfter: 120,
  },
  {
    what: 'the trigger of the proof queue is off',
    rings: ['ProverSilence'],
    minutes: 60,
    begin: ({ prover }) => prover.setTrigger(false),
    end: ({ prover }) => prover.setTrigger(true),
  },
  {
    what: 'the prover may not read the bucket',
    rings: ['EventsUnproven', 'ProverErrors'],
    minutes: 60,
    begin: ({ bucketFaults }) => {
      bucketFaults.isDenied = true;
    },
    end: ({ bucketFaults }) => {
      bucketFaults.isDenied = false;
    },
  },
  {
    what: 'the proof queue takes no claims',
    rings: ['ClaimsUnsent'],
    minutes: 30,
    begin: ({ proofQueueFaults }) => {
      proofQueueFaults.queueForbids = 1;
    },
    end: ({ proofQueueFaults }) => {
      proofQueueFaults.queueForbids = 0;
    },
  },
];
