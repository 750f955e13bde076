import type { Claim } from '../../../lambda/contract/claim.ts';
import type { RecordFormat } from '../../../lambda/contract/record-format.ts';
import { type ProducerSettings, producerSettings } from '../../../lambda/contract/settings.ts';
import { targets } from '../../../lambda/contract/targets.ts';
import type { PutRecords } from '../../../lambda/producer/delivery/aws/put-records.ts';
import { StreamPacer } from '../../../lambda/producer/delivery/stream-pacer.ts';
import { createDefaultPacker } from '../../../lambda/producer/events/default-events.ts';
import type { Environment } from '../../../lambda/producer/invocation/environment.ts';
import { createInvocation, type Invoke } from '../../../lambda/producer/invocation/invocation.ts';
import type { CreatePacker } from '../../../lambda/producer/packing/packing.ts';
import { maxDataBytes } from '../../../lambda/producer/packing/requests.ts';
import { createSendAll, type SendMessages } from '../../../lambda/runtime/batches.ts';
import type { Clock } from '../../../lambda/runtime/clock.ts';
import { madeForOf } from '../../../lambda/template/deployed.ts';
import type { InvocationWorld } from './lambda.ts';
import type { World } from './world.ts';

export function settingsWith(settings: Partial<ProducerSettings> = {}): ProducerSettings {
  const defaults = Object.entries(producerSettings).flatMap(([name, setting]) =>
    'default' in setting ? [[name, setting.default]] : [],
  );
  return { ...Object.fromEntries(defaults), ...settings };
}

export function environmentWith(
  deliveryStreamName: string,
  recordFormat: RecordFormat,
  settings: Partial<ProducerSettings> = {},
  target = targets.firehose,
): Environment {
  return {
    settings: settingsWith(settings),
    deliveryStreamName,
    target,
    producerName: 'simulation/Producer',
    recordFormat,
    separator: 'after',
    prefix: '',
    workQueueUrl: 'https://queue.invalid/',
    costFactors: { usdPerGb: 0, lambdaUsdPerGbSecond: 0, memorySizeMiB: 512 },
  };
}

export function createPacer({ settings }: Pick<Environment, 'settings'>, world: World): StreamPacer {
  return new StreamPacer(settings.concurrency * maxDataBytes(settings.maxRequestBytes), world.now);
}

export interface ClaimSender {
  readonly sendMessages: SendMessages;
  readonly onUnsent: (claims: readonly Claim[]) => void;
}

export interface ProducerPorts {
  readonly putRecords: PutRecords;
  /** @default - the pacer of a new container */
  readonly pacer?: StreamPacer;
  /** @default - nothing is proven */
  readonly claims?: ClaimSender;
  readonly createPacker?: CreatePacker;
  /** @default - the default template */
  readonly template?: string | undefined;
}

/** The producer's own code, in a simulated invocation. */
export function createProducer(
  environment: Environment,
  world: World,
  { whileAlive, works, failures, sendMessages, postpone }: InvocationWorld,
  {
    putRecords,
    pacer = createPacer(environment, world),
    claims,
    createPacker = createDefaultPacker,
    template,
  }: ProducerPorts,
): Invoke {
  const madeFor = madeForOf(environment, template);
  const clock: Clock = {
    now: world.now,
    random: world.random,
    sleep: (durationMs, signal) => whileAlive(world.sleep(durationMs, signal)),
  };
  return createInvocation({
    environment,
    madeFor,
    createPacker,
    stream: { putRecords: (batch, signal) => whileAlive(putRecords(batch, signal)), pacer },
    queues: {
      sendSlices: createSendAll(sendMessages, clock, madeFor),
      postpone,
      ...(claims && {
        sendClaims: createSendAll(
          (messages, signal) => whileAlive(claims.sendMessages(messages, signal)),
          clock,
          madeFor,
        ),
      }),
    },
    clock,
    observer: {
      onSliceStarted: (slice, { messageId }) =>
        works.push({ slice, ...(messageId !== undefined && { messageId }), reports: [] }),
      onReport: (report, { messageId }) =>
        works.find((work) => work.messageId === messageId)?.reports.push(report),
      onMessageFailed: (failure) => failures.push(failure),
      onClaimsUnsent: (unsent) => claims?.onUnsent(unsent),
    },
  });
}
