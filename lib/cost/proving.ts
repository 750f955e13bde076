import { lambdaUsd } from '../../lambda/contract/cost.ts';
import { eventBytes } from '../../lambda/contract/event.ts';
import { foreignBufferingSeconds, settings } from '../../lambda/contract/settings.ts';
import { memoryMiBPerCpu } from '../aws/billing.ts';
import type { Prices } from '../aws/prices.ts';

/** Memory of the prover, in MiB: copied from the stack, to which a test compares it. */
export const proverMemoryMiB = 512;

/** The prover's share of a processor. */
const proverCpuShare = proverMemoryMiB / memoryMiBPerCpu;

/** CPU time that the prover takes for so many bytes of events, its own or another's: about that of docs/proof.md. */
export const proverCpu = { micros: 0.35, ofBytes: eventBytes };

/** What an invocation of the prover waits for S3 and SQS: an assumption. */
export const proverWaitSeconds = 0.3;

/** Lists of a look: of the hour, and where it begins or ends of the one before or after. */
export const listsPerLook = 1.4;

/** A claim is sent, received and deleted. */
const requestsPerClaim = 3;

/** Bytes, uncompressed, after which a stream writes an object. */
const bufferingBytes = settings.bufferingSize.default * 2 ** 20;

/** Bytes after which a stream writes an object of which nobody says how many: Firehose's own default. */
const foreignBufferingBytes = 5 * 2 ** 20;

/** What proving a run takes: each claim is looked at once, a claim a slice, and each object is read once. */
export interface Proving {
  /** Claims, each looked at by an invocation of its own. */
  readonly claims: number;
  /** Objects read. */
  readonly objects: number;
  /** How long the prover's invocations take, added up. */
  readonly seconds: number;
}

/** What proving a run of the default deployment takes. */
export function provingOf(count: number, slices: number, meanEventBytes: number): Proving {
  const bytes = count * meanEventBytes;
  return provingWith(slices, Math.max(slices, Math.ceil(bytes / bufferingBytes)), bytes);
}

/**
 * What proving a run of some events takes in a pipeline of one's own, where the prover reads what others wrote in the same
 * minutes: the time that the stream buffers and a quarter of a minute.
 *
 * @param foreignBytesPerHour What others write, uncompressed.
 */
export function provingBesides(count: number, foreignBytesPerHour: number): Proving {
  const bytes = (foreignBytesPerHour / 3_600) * (foreignBufferingSeconds + 15);
  return provingWith(1, Math.max(1, Math.ceil(bytes / foreignBufferingBytes)), count * eventBytes + bytes);
}

function provingWith(claims: number, objects: number, bytes: number): Proving {
  const cpuMicros = (bytes / proverCpu.ofBytes) * proverCpu.micros;
  const seconds = claims * proverWaitSeconds + cpuMicros / 1e6 / proverCpuShare;
  return { claims, objects, seconds };
}

/** What proving a run costs, without the requests by which Lambda asks for claims. */
export function provingUsd({ claims, objects, seconds }: Proving, prices: Prices): number {
  return (
    lambdaUsd(seconds * 1_000, proverMemoryMiB, prices.lambdaUsdPerGbSecond) +
    claims * prices.lambdaUsdPerRequest +
    claims * listsPerLook * prices.s3UsdPerListRequest +
    objects * prices.s3UsdPerGetRequest +
    claims * requestsPerClaim * prices.sqsUsdPerRequest
  );
}
