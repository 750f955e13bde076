import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import { claimMaxReceives, claimRetentionDays } from '../../../lambda/contract/claim.ts';
import type { Prove, ProverObserver, ProverOptions } from '../../../lambda/prover/claims/prover.ts';
import type { Verdict } from '../../../lambda/prover/claims/verdict.ts';
import type { World } from '../worlds/world.ts';

/** How the proof queue, the dead-letter queue and the prover's Lambda misbehave. */
export interface ProofQueueFaults {
  /** Probability that an invocation is killed, at any moment of its first seconds. */
  readonly kill: number;
  /** Probability that a claim is delivered again although it was settled. */
  readonly deliverTwice: number;
  /** Probability that a call to either queue fails, after it had an effect on some of the messages. */
  readonly fails: number;
  /** Longest time until a claim is delivered, beyond its delay. */
  readonly delayMs: number;
}

/** The settings of the proof queue and the prover's function. */
export interface ProofQueueSettings {
  /** Time until a claim is delivered first. */
  readonly firstLookMs: number;
  /** Time that an invocation may take. */
  readonly timeoutMs: number;
  /** Time after which a claim is delivered again. */
  readonly visibilityTimeoutMs: number;
  /** How long a batch is collected. */
  readonly windowMs: number;
  /** Most claims of an invocation. */
  readonly batchSize: number;
}

/** What an invocation said of a claim. */
export interface Judgement {
  /** The message of the claim. */
  readonly messageId: string;
  /** What it said. */
  readonly verdict: Verdict;
  /** Whether it said that the claim has to stay all the same. */
  readonly failed: boolean;
  /** The payloads that the dead-letter queue took on its behalf. */
  readonly buried: readonly string[];
  /** How often the claim had been delivered. */
  readonly receives: number;
  /** When the invocation began, and when it said it. */
  readonly times: readonly [startedMs: number, saidMs: number];
}

/** A claim in the proof queue. */
export interface ClaimInQueue {
  /** The message. */
  readonly id: string;
  /** What is in it. */
  readonly body: string;
  /** When it came. */
  readonly sentMs: number;
  /** Whether it is no longer in the queue. */
  isDeleted: boolean;
  /** What was said of it by invocations that the queue deleted it for. */
  readonly settledBy: (Judgement | undefined)[];
  receiveCount: number;
  callOff: () => void;
}

/** What an invocation of the prover is connected with. */
export interface ProverPorts extends Pick<ProverOptions, 'postpone' | 'sendToDeadLetterQueue' | 'observer'> {
  /** Passes a promise on, but not beyond the death of the invocation. */
  readonly whileAlive: <Value>(promise: Promise<Value>) => Promise<Value>;
}

/** How long the queue keeps a claim; then it drops it without a word. */
const retentionMs = claimRetentionDays * 24 * 3_600_000;

const concurrency = 2;

/** The proof queue in a simulated world, and the Lambda that hands its messages to the prover. */
export class ProofQueue {
  /** Every claim that ever came. */
  readonly claims: ClaimInQueue[] = [];
  /** Everything that the prover said, in order. */
  readonly judgements: Judgement[] = [];
  /** Every payload that the dead-letter queue took. */
  readonly buried: string[] = [];
  /** What no prover may do. */
  readonly violations: string[] = [];
  /** Invocations until now. */
  invocations = 0;
  readonly #world: World;
  readonly #settings: ProofQueueSettings;
  readonly #faults: ProofQueueFaults;
  readonly #start: (ports: ProverPorts) => Prove;
  readonly #waiting = new Set<ClaimInQueue>();
  #running = 0;

  constructor(
    world: World,
    settings: ProofQueueSettings,
    faults: ProofQueueFaults,
    start: (ports: ProverPorts) => Prove,
  ) {
    this.#world = world;
    this.#settings = settings;
    this.#faults = faults;
    this.#start = start;
  }

  /** Whether no claim is left. */
  get isIdle(): boolean {
    return this.claims.every(({ isDeleted }) => isDeleted);
  }

  /** Puts a claim into the queue. */
  send(body: string): void {
    const id = `claim-${this.claims.length}`;
    const claim: ClaimInQueue = {
      ...{ id, body, sentMs: this.#world.now(), receiveCount: 0 },
      ...{ isDeleted: false, settledBy: [], callOff: () => {} },
    };
    this.claims.push(claim);
    this.#world.after(retentionMs, () => this.#drop(claim));
    this.#showAfter(claim, this.#settings.firstLookMs);
  }

  #showAfter(claim: ClaimInQueue, durationMs: number): void {
    claim.callOff();
    const delayMs = this.#world.random() * this.#faults.delayMs;
    claim.callOff = this.#world.after(durationMs + delayMs, () => {
      if (!claim.isDeleted) {
        this.#waiting.add(claim);
        // The event source collects a batch.
        this.#world.after(this.#settings.windowMs, () => this.#processWaiting());
      }
    });
  }

  #processWaiting(): void {
    while (this.#running < concurrency && this.#waiting.size > 0) {
      const batch: ClaimInQueue[] = [];
      while (batch.length < this.#settings.batchSize && this.#waiting.size > 0) {
        const claim = this.#world.pick([...this.#waiting]);
        this.#waiting.delete(claim);
        batch.push(claim);
      }
      this.#process(batch.filter(({ isDeleted }) => !isDeleted));
    }
  }

  #drop(claim: ClaimInQueue): void {
    if (!claim.isDeleted) {
      claim.isDeleted = true;
      claim.settledBy.push(undefined);
    }
  }

  async #process(claims: readonly ClaimInQueue[]): Promise<void> {
    for (const claim of claims) {
      claim.receiveCount += 1;
      if (claim.receiveCount > claimMaxReceives) {
        this.#drop(claim);
      }
      this.#showAfter(claim, this.#settings.visibilityTimeoutMs);
    }
    const received = claims.filter(({ isDeleted }) => !isDeleted);
    if (received.length === 0) {
      return;
    }
    this.#running += 1;
    const said: Judgement[] = [];
    const response = await this.#invoke(received, said);
    this.#running -= 1;
    const kept = response?.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
    for (const claim of received) {
      if (kept?.includes(claim.id) === false) {
        claim.settledBy.push(said.find(({ messageId }) => messageId === claim.id));
        claim.isDeleted ||= !this.#world.chance(this.#faults.deliverTwice);
      }
    }
    this.#processWaiting();
  }

  /** One invocation. @returns nothing if it failed or was killed. */
  #invoke(claims: readonly ClaimInQueue[], said: Judgement[]): Promise<SQSBatchResponse | undefined> {
    const world = this.#world;
    const { timeoutMs } = this.#settings;
    const startedMs = world.now();
    this.invocations += 1;
    let alive = true;
    const never = new Promise<never>(() => {});
    const whileAlive: ProverPorts['whileAlive'] = (promise) =>
      promise.then(
        (value) => (alive ? value : never),
        (error) => (alive ? Promise.reject(error) : never),
      );
    return new Promise((resolve) => {
      const end = (response?: SQSBatchResponse) => {
        alive = false;
        callOff();
        resolve(response);
      };
      const isKilled = world.chance(this.#faults.kill);
      const lifeMs = isKilled ? world.random() * world.pick([1_000, 10_000]) : timeoutMs;
      const callOff = world.after(lifeMs, () => {
        if (!isKilled) {
          this.violations.push('the prover outlived its deadline');
        }
        end();
      });
      const prove = this.#start(this.#portsOf(whileAlive, said, startedMs));
      prove({ Records: claims.map(recordOf) }, startedMs + timeoutMs).then(end, (error: Error) => {
        if (error.name !== 'ReadingError') {
          this.violations.push(`the prover failed: ${error.message}`);
        }
        end();
      });
    });
  }

  #portsOf(whileAlive: ProverPorts['whileAlive'], said: Judgement[], startedMs: number): ProverPorts {
    let buried: string[] = [];
    const onVerdict: ProverObserver['onVerdict'] = ({ messageId, verdict, receives, error }) => {
      const times = [startedMs, this.#world.now()] as const;
      const judgement = { messageId, verdict, failed: error !== undefined, buried, receives, times };
      said.push(judgement);
      this.judgements.push(judgement);
      buried = [];
    };
    return {
      whileAlive,
      observer: { onVerdict },
      sendToDeadLetterQueue: (bodies) =>
        whileAlive(
          this.#call([...bodies], (body) => {
            buried.push(body);
            this.buried.push(body);
          }),
        ),
      postpone: (pauses) => whileAlive(this.#call(pauses, (pause) => this.#pause(pause))),
    };
  }

  #pause({ receiptHandle, seconds }: { receiptHandle: string; seconds: number }): void {
    if (!Number.isInteger(seconds) || seconds < 1 || seconds > 43_200) {
      this.violations.push(`a claim was to wait ${seconds} s`);
    }
    const claim = this.claims.find((each) => receiptOf(each) === receiptHandle);
    if (claim) {
      this.#showAfter(claim, seconds * 1_000);
    }
  }

  /** A call to a queue, which may fail although some of it was done. */
  async #call<Item>(items: readonly Item[], take: (item: Item) => void): Promise<void> {
    const world = this.#world;
    const fails = world.chance(this.#faults.fails);
    const part = fails ? Math.floor(world.random() * (items.length + 1)) : items.length;
    await world.sleep(world.random() * 100);
    items.slice(0, part).forEach(take);
    await world.sleep(world.random() * 100);
    if (fails) {
      throw new Error(`${items.length - part} of ${items.length} messages: 503`);
    }
  }
}

function receiptOf({ id, receiveCount }: ClaimInQueue): string {
  return `${id}-receipt-${receiveCount}`;
}

function recordOf(claim: ClaimInQueue): SQSRecord {
  const attributes = {
    ApproximateReceiveCount: String(claim.receiveCount),
    SentTimestamp: String(claim.sentMs),
  } as SQSRecord['attributes'];
  const { id: messageId, body } = claim;
  return { messageId, body, receiptHandle: receiptOf(claim), attributes } as SQSRecord;
}
