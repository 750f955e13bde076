import { eventBytes } from '../../../lambda/contract/event.ts';
import { createDefaultPacker } from '../../../lambda/producer/events/default-events.ts';
import { createEventWriter } from '../../../lambda/producer/events/events.ts';
import { createTemplatePacker } from '../../../lambda/producer/events/template-events.ts';
import type { Invoke } from '../../../lambda/producer/invocation/invocation.ts';
import type { CreatePacker } from '../../../lambda/producer/packing/packing.ts';
import { Comparison } from '../../../lambda/prover/comparison/comparison.ts';
import type { CreateLineReader } from '../../../lambda/prover/comparison/line-reader.ts';
import { createDefaultReader } from '../../../lambda/prover/lines/default-lines.ts';
import { createTemplateReader } from '../../../lambda/prover/lines/template-lines.ts';
import { compileTemplate } from '../../../lambda/template/compile.ts';
import { SimulatedFirehose } from '../aws/firehose.ts';
import { calmQueue } from '../aws/queue-port.ts';
import { findViolations } from '../oracles/oracle.ts';
import { findProofViolations } from '../oracles/proof-oracle.ts';
import { copiesBySender } from '../oracles/report-oracle.ts';
import { uuidsIn } from './event-lines.ts';
import { type InvocationWorld, SimulatedLambda } from './lambda.ts';
import { createProducer, environmentWith } from './producer.ts';
import { ProofWorld } from './proof-world.ts';
import { randomTemplate } from './random-template.ts';
import { createScenario, withProof } from './scenario.ts';
import { World, worldStartMs } from './world.ts';

const deliveryStreamName = 'simulated-stream';
const runId = 'simulated-run';

/** In one of so many worlds, what the producer delivers is proven, too. Such a world takes days, so its run is small. */
const worldsPerProof = 10;

/** What a seed came to. */
export interface Verdict {
  /** What was wrong; nothing, if all is well. */
  readonly violations: readonly string[];
  /** Invocations that it took. */
  readonly invocations: number;
  /** Events of the run. */
  readonly events: number;
}

/** Long after every world. */
const worldEndMs = worldStartMs + 90 * 86_400_000;

/** In one of so many worlds the events are those of a random template. */
const worldsPerTemplate = 4;

/** How a producer makes its events, and how a prover reads them. */
interface EventKind {
  readonly createPacker: CreatePacker;
  readonly createReader: CreateLineReader;
}

const defaultEvents: EventKind = { createPacker: createDefaultPacker, createReader: createDefaultReader };

function eventsOf(seed: number): EventKind {
  if (seed % worldsPerTemplate !== worldsPerTemplate / 2) {
    return defaultEvents;
  }
  const template = compileTemplate(randomTemplate(seed));
  return { createPacker: createTemplatePacker(template), createReader: createTemplateReader(template) };
}

/** The UUIDs of the run, in order. */
function uuidsOf(count: number): string[] {
  const events = Buffer.alloc(count * eventBytes);
  createEventWriter(deliveryStreamName, runId, 0)(events, 0);
  return uuidsIn(events)!;
}

/**
 * Lets the producer's own code do a run, in a world where everything random comes from the seed, and judges the result.
 *
 * @param maxSteps Happenings after which a run counts as endless. A queue that takes slices and says that it doesn't
 * doubles them each time.
 */
export async function simulate(seed: number, maxSteps = 5_000_000): Promise<Verdict> {
  const isProven = seed % worldsPerProof === 0;
  const { createPacker, createReader } = eventsOf(seed);
  // Around an hour's end: the prefixes of objects change there.
  const world = new World(seed, worldStartMs + (isProven ? ((seed * 7_919) % 120_000) - 60_000 : 0));
  const scenario = isProven ? withProof(createScenario(world), world) : createScenario(world);
  const { count, eventsPerSecond, recordFormat, lambdaSettings } = scenario;
  const firehose = new SimulatedFirehose(world, scenario.firehose, recordFormat);
  const proof = isProven ? new ProofWorld(world, deliveryStreamName, createReader) : undefined;
  // Each stored line must be an event, to the byte.
  const wrongLines: string[] = [];
  const comparison = new Comparison([{ deliveryStreamName, runId, from: 0, to: count }], createReader, {
    onCorruptLine: (_, line, difference) =>
      wrongLines.push(`line ${line} is no event: ${JSON.stringify(difference)}`),
    onObject: ({ foreignLines }) =>
      foreignLines > 0 && wrongLines.push(`${foreignLines} lines belong to no run`),
  });
  const stored = comparison.startObject({ key: 'the stream', landedAtMs: worldEndMs, bytes: 0 });
  firehose.onStored = (lines) => {
    proof?.bucket.take(lines);
    if (createPacker !== createDefaultPacker) {
      stored.push(lines);
    }
  };
  const environment = environmentWith(deliveryStreamName, recordFormat, scenario.settings);
  const start = (invocation: InvocationWorld): Invoke =>
    createProducer(
      environment,
      world,
      invocation,
      (batch, signal) => firehose.put(batch, signal, invocation.sender()),
      undefined,
      proof?.senderOf(invocation),
      createPacker,
    );

  const lambda = new SimulatedLambda(world, lambdaSettings, scenario.lambda, start);
  lambda.invokeAsync({ runId, count, ...(eventsPerSecond && { eventsPerSecond }) });
  if (scenario.hasBadMessage) {
    lambda.send('{"cuont":1}');
  }
  world.after(scenario.queueCalmAfterMs, () => Object.assign(scenario.lambda, calmQueue));
  await world.run(() => lambda.isIdle && (proof?.queue.isIdle ?? true), maxSteps);
  stored.end();
  const uuids = uuidsOf(count);
  const ended = lambda.ended;
  return {
    violations: [
      ...wrongLines,
      ...findViolations({
        uuids,
        ...(eventsPerSecond && { eventsPerSecond }),
        settings: environment.settings,
        timeoutMs: lambdaSettings.timeoutMs,
        firehose,
        lambda,
      }),
      ...(proof ? findProofViolations({ uuids, ended, copies: copiesBySender(uuids, firehose), proof }) : []),
    ],
    invocations: ended.length + (proof?.queue.invocations ?? 0),
    events: count,
  };
}
