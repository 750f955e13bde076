import {
  type ProducerSettings,
  producerSettings,
  type RecordFormat,
} from '../../lambda/contract/settings.ts';
import type { Slice } from '../../lambda/contract/slice.ts';
import type { Environment } from '../../lambda/producer/environment.ts';
import type { PutRecords } from '../../lambda/producer/firehose.ts';
import { createInvocation, type Invoke } from '../../lambda/producer/invocation.ts';
import { Pacer } from '../../lambda/producer/pacer.ts';
import { maxDataBytes } from '../../lambda/producer/requests.ts';
import type { InvocationWorld } from './lambda.ts';
import type { World } from './world.ts';

/** The producer's settings with their defaults, beside those that are given. */
export function settingsWith(settings: Partial<ProducerSettings> = {}): ProducerSettings {
  const defaults = Object.entries(producerSettings).flatMap(([name, setting]) =>
    'default' in setting ? [[name, setting.default]] : [],
  );
  return { ...Object.fromEntries(defaults), ...settings };
}

/** What a simulated function knows from its environment. */
export function environmentWith(
  deliveryStreamName: string,
  recordFormat: RecordFormat,
  settings: Partial<ProducerSettings> = {},
): Environment {
  return {
    settings: settingsWith(settings),
    deliveryStreamName,
    recordFormat,
    workQueueUrl: 'https://queue.invalid/',
    costFactors: { firehoseUsdPerGb: 0, lambdaUsdPerGbSecond: 0, memorySizeMiB: 512 },
  };
}

/** The pacer of a container. */
export function createPacer({ settings }: Environment, world: World): Pacer {
  return new Pacer(settings.concurrency * maxDataBytes(settings.maxRequestBytes), world.now);
}

/** The producer's own code, in a simulated invocation. */
export function createProducer(
  environment: Environment,
  world: World,
  { whileAlive, logBegin, logReport, sendSlices }: InvocationWorld,
  putRecords: PutRecords,
  pacer: Pacer = createPacer(environment, world),
): Invoke {
  return createInvocation({
    environment,
    putRecords: (batch, signal) => whileAlive(putRecords(batch, signal)),
    sendSlices,
    pacer,
    clock: {
      now: world.now,
      random: world.random,
      sleep: (durationMs, signal) => whileAlive(world.sleep(durationMs, signal)),
    },
    onReport: logReport,
    log: {
      appendKeys: () => {},
      error: () => {},
      info: (_message, ...[fields]) => {
        if (typeof fields === 'object' && 'slice' in fields) {
          logBegin(fields.slice as Slice);
        }
      },
    },
  });
}
