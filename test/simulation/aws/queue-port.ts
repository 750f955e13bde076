import type { FailureKind } from '../../../lambda/runtime/aws-call.ts';
import type { BatchResponse, OutgoingMessage, SendMessages } from '../../../lambda/runtime/batches.ts';
import type { World } from '../worlds/world.ts';
import { numberErrors, simulateCall } from './call.ts';

/** Faults of a queue's `SendMessageBatch`. */
export interface QueueFaults {
  /** Probability that a call fails as a whole: it is rejected, or its response is lost, and half of those are taken. */
  readonly queueFails: number;
  /** Probability that a response is unusable, or names too few messages, although all are taken. @default 0 */
  readonly queueUnusable?: number;
  /** Probability that a call hangs until its caller gives up; half of these calls are taken. @default 0 */
  readonly queueStalls?: number;
  /** Probability that a message is refused and may be sent again. @default 0 */
  readonly queueRefuses?: number;
  /** Probability that a message is refused for good. @default 0 */
  readonly queueForbids?: number;
  /** Longest time to a response. @default 200 */
  readonly queueLatencyMs?: number;
  /** Probability that a response takes some seconds more. @default 0 */
  readonly queueSlow?: number;
  /** Between these times after the start, every call fails in a way that no retry can fix. @default - never */
  readonly queueDenied?: readonly [fromMs: number, toMs: number];
  /** Whether the queue never responds, and takes nothing. @default false */
  readonly queueHangs?: boolean;
}

export const calmQueue = {
  queueFails: 0,
  queueUnusable: 0,
  queueStalls: 0,
  queueRefuses: 0,
  queueForbids: 0,
  queueSlow: 0,
} satisfies QueueFaults;

const slowMs = 6_000;

export interface TakenMessage<Item> {
  readonly item: Item;
  /** Whether the sender got the response. */
  acknowledged: boolean;
}

export class QueueTraffic<Item> {
  /** Messages that the queue took, acknowledged or not. */
  readonly taken: TakenMessage<Item>[] = [];
  lastFailure: string | undefined;
  isFinal = false;
}

/** The side of a simulated queue that takes messages. */
export class QueuePort {
  readonly #world: World;
  readonly #faults: QueueFaults;
  readonly #take: (message: OutgoingMessage) => void;
  readonly #startMs: number;
  readonly #error = numberErrors('queue');

  constructor(world: World, faults: QueueFaults, take: (message: OutgoingMessage) => void) {
    this.#world = world;
    this.#faults = faults;
    this.#take = take;
    this.#startMs = world.now();
  }

  connect<Item>(traffic: QueueTraffic<Item>): SendMessages {
    return async (messages, signal) => {
      const taken = new Map<number, TakenMessage<Item>>();
      const response = await simulateCall<BatchResponse>(this.#world, {
        latencyMs: this.#latencyMs(),
        signal,
        process: () =>
          this.#decide(messages, (place) => {
            const message = { item: JSON.parse(messages[place]!.body), acknowledged: false };
            taken.set(place, message);
            traffic.taken.push(message);
            this.#take(messages[place]!);
          }),
        lost: () => this.#fail(messages, 'lost', 'no response in time'),
      });
      for (const place of response.taken) {
        taken.get(place)!.acknowledged = true;
      }
      traffic.isFinal ||= response.taken.length + response.again.length < messages.length;
      traffic.lastFailure = response.cause?.message ?? traffic.lastFailure;
      return response;
    };
  }

  #latencyMs(): number {
    const world = this.#world;
    const { queueLatencyMs = 200, queueSlow = 0 } = this.#faults;
    return world.random() * queueLatencyMs + (world.chance(queueSlow) ? world.random() * slowMs : 0);
  }

  #decide(messages: readonly OutgoingMessage[], take: (place: number) => void): BatchResponse | undefined {
    const world = this.#world;
    const { queueFails, queueUnusable = 0, queueStalls = 0, queueHangs, queueDenied = [0, 0] } = this.#faults;
    const sinceStartMs = world.now() - this.#startMs;
    const places = [...messages.keys()];
    const fate = world.random();
    if (queueHangs) {
      return undefined;
    }
    if (sinceStartMs >= queueDenied[0] && sinceStartMs < queueDenied[1]) {
      return this.#fail(messages, 'fatal', 'AccessDenied: not allowed to sqs:sendmessage');
    }
    if (fate < queueFails) {
      const kind = world.pick(['rejected', 'lost'] as const);
      places.filter(() => kind === 'lost' && fate < queueFails / 2).forEach(take);
      return this.#fail(messages, kind, '503');
    }
    if (fate < queueFails + queueStalls) {
      places.filter(() => fate < queueFails + queueStalls / 2).forEach(take);
      return undefined;
    }
    if (fate < queueFails + queueStalls + queueUnusable) {
      places.forEach(take);
      return world.chance(0.5)
        ? this.#fail(messages, 'lost', 'the response cannot be used')
        : this.#respond(places, places.slice(1), places.slice(0, 1));
    }
    return this.#takeSome(places, take);
  }

  #takeSome(places: readonly number[], take: (place: number) => void): BatchResponse {
    const { queueRefuses = 0, queueForbids = 0 } = this.#faults;
    const refused = new Set(places.filter(() => this.#world.chance(queueRefuses)));
    const forbidden = new Set(places.filter(() => this.#world.chance(queueForbids)));
    const taken = places.filter((place) => !refused.has(place) && !forbidden.has(place));
    taken.forEach(take);
    const again = places.filter((place) => refused.has(place) && !forbidden.has(place));
    return this.#respond(places, taken, again);
  }

  #respond(places: readonly number[], taken: readonly number[], again: readonly number[]): BatchResponse {
    const missing = places.length - taken.length;
    const cause = missing > 0 && { cause: this.#error(`${missing} of ${places.length} messages`) };
    return { kind: 'decided', taken, again, ...cause };
  }

  #fail(messages: readonly OutgoingMessage[], kind: FailureKind, message: string): BatchResponse {
    const again = kind === 'fatal' ? [] : [...messages.keys()];
    return { kind, taken: [], again, cause: this.#error(message) };
  }
}
