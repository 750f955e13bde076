import { eventBytes } from '../../../lambda/contract/record-format.ts';
import { type Target, targets } from '../../../lambda/contract/targets.ts';
import { createDefaultPacker } from '../../../lambda/producer/events/default-events.ts';
import { createEventWriter } from '../../../lambda/producer/events/events.ts';
import { createTemplatePacker } from '../../../lambda/producer/events/template-events.ts';
import type { Invoke } from '../../../lambda/producer/invocation/invocation.ts';
import { Comparison } from '../../../lambda/prover/comparison/comparison.ts';
import { createDefaultReader } from '../../../lambda/prover/lines/default-lines.ts';
import { createTemplateReader } from '../../../lambda/prover/lines/template-lines.ts';
import { compileTemplate } from '../../../lambda/template/compile.ts';
import { SimulatedFirehose, uuidsIn } from '../aws/firehose.ts';
import { calmQueue } from '../aws/queue-port.ts';
import { findViolations } from '../oracles/oracle.ts';
import { findProofViolations } from '../oracles/proof-oracle.ts';
import { copiesBySender } from '../oracles/report-oracle.ts';
import { type InvocationWorld, SimulatedLambda } from './lambda.ts';
import { createProducer, environmentWith } from './producer.ts';
import { ProofWorld } from './proof-world.ts';
import { createScenario, type Scenario } from './scenario.ts';
import { type World, worldStartMs } from './world.ts';

const deliveryStreamName = 'simulated-stream';
const runId = 'simulated-run';

const worldEndMs = worldStartMs + 90 * 86_400_000;

export interface Verdict {
  readonly violations: readonly string[];
  readonly invocations: number;
  readonly events: number;
}

function eventsOf(template: string | undefined) {
  if (template === undefined) {
    return { template, createPacker: createDefaultPacker, createReader: createDefaultReader };
  }
  const compiled = compileTemplate(template);
  return {
    template,
    createPacker: createTemplatePacker(compiled),
    createReader: createTemplateReader(compiled),
  };
}

function uuidsOf(count: number): string[] {
  const events = Buffer.alloc(count * eventBytes);
  createEventWriter(deliveryStreamName, runId, 0)(events, 0);
  return uuidsIn(events)!;
}

/** Runs the producer's own code in a world where all randomness comes from the seed, and checks the result. */
export function simulate(seed: number, maxSteps?: number): Promise<Verdict> {
  const { world, scenario } = createScenario(seed);
  return simulateScenario(world, scenario, maxSteps);
}

/**
 * @param maxSteps Limit after which a run counts as endless. A queue that takes slices and reports that it did not
 * doubles them each time.
 */
export async function simulateScenario(
  world: World,
  scenario: Scenario,
  maxSteps = 5_000_000,
): Promise<Verdict> {
  const { count, eventsPerSecond, recordFormat, lambdaSettings, laterTemplate } = scenario;
  let deployed = eventsOf(scenario.template);
  const { createPacker, createReader } = deployed;
  const firehose = new SimulatedFirehose(world, scenario.firehose, recordFormat);
  const target: Target = scenario.firehose.shards?.target ?? 'firehose';
  const stream = { deliveryStreamName, target };
  const proof = scenario.proof && new ProofWorld(world, scenario.proof, stream, () => deployed);
  // Each stored line must be an event, byte for byte.
  const wrongLines: string[] = [];
  const comparison = new Comparison([{ deliveryStreamName, runId, from: 0, to: count }], createReader, {
    onCorruptLine: (_key, line, _hasUuid, difference) =>
      wrongLines.push(`line ${line} is not an event: ${JSON.stringify(difference)}`),
    onObject: ({ foreignLines }) =>
      foreignLines > 0 && wrongLines.push(`${foreignLines} lines belong to no run`),
  });
  const stored = comparison.startObject({ key: 'the stream', landedAtMs: worldEndMs, bytes: 0 });
  firehose.onStored = (lines, data, shard) => {
    proof?.delivery.take(lines, data, shard);
    if (createPacker !== createDefaultPacker || laterTemplate !== undefined) {
      stored.push(lines);
    }
  };
  const environment = environmentWith(deliveryStreamName, recordFormat, scenario.settings, targets[target]);
  const start = (invocation: InvocationWorld): Invoke =>
    createProducer(environment, world, invocation, {
      putRecords: (batch, signal) => firehose.put(batch, signal, invocation.works.at(-1)),
      ...(proof && { claims: proof.senderOf(invocation.invocation) }),
      ...deployed,
    });

  const lambdaFaults = { ...scenario.lambda };
  const lambda = new SimulatedLambda(world, lambdaSettings, lambdaFaults, start);
  lambda.invokeAsync({ runId, count, ...(eventsPerSecond && { eventsPerSecond }) });
  if (scenario.hasBadMessage) {
    lambda.queue.send({ body: '{"cuont":1}' });
  }
  world.after(scenario.queueCalmAfterMs, () => Object.assign(lambdaFaults, calmQueue));
  const isOver = () => lambda.isIdle && (proof?.prover.queue.isEmpty ?? true);
  await world.run(() => (laterTemplate === undefined ? isOver() : lambda.isIdle), maxSteps);
  const changedMs = world.now();
  if (proof && laterTemplate !== undefined) {
    deployed = eventsOf(laterTemplate);
    await world.run(isOver, maxSteps);
    proof.deadLetters.forEach(lambda.queue.send);
    await world.run(isOver, maxSteps);
  }
  stored.end();
  const uuids = uuidsOf(count);
  const { settings } = environment;
  const { timeoutMs } = lambdaSettings;
  const { ended } = lambda;
  return {
    violations: [
      ...wrongLines,
      ...findViolations({
        ...{ uuids, settings, timeoutMs, firehose, lambda },
        ...(eventsPerSecond && { eventsPerSecond }),
      }),
      ...(proof
        ? findProofViolations({ uuids, ended, copies: copiesBySender(uuids, firehose), proof, changedMs })
        : []),
    ],
    invocations: ended.length + (proof?.prover.invocations ?? 0),
    events: count,
  };
}
