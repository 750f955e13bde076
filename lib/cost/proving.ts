import { lambdaUsd } from '../../lambda/contract/cost.ts';
import { eventBytes } from '../../lambda/contract/event.ts';
import { settings } from '../../lambda/contract/settings.ts';
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
  const cpuMicros = (bytes / proverCpu.ofBytes) * proverCpu.micros;
  return {
    claims: slices,
    objects: Math.max(slices, Math.ceil(bytes / bufferingBytes)),
    seconds: slices * proverWaitSeconds + cpuMicros / 1e6 / proverCpuShare,
  };
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
