import { settings } from '../../lambda/contract/deployment-settings.ts';
import { lambdaUsd } from '../../lambda/contract/invocation.ts';
import { eventBytes } from '../../lambda/contract/record-format.ts';
import { memoryMiBPerCpu } from '../aws/billing.ts';
import type { Prices } from '../aws/prices.ts';

/** Memory of the prover: a copy of the stack's value; a test compares them. */
export const proverMemoryMiB = 512;

const proverCpuShare = proverMemoryMiB / memoryMiBPerCpu;

/** CPU time of the prover per bytes of events read: about that of docs/proof.md. */
export const proverCpu = { micros: 0.35, ofBytes: eventBytes };

/** Time that an invocation of the prover waits for S3 and SQS: an assumption. */
export const proverWaitSeconds = 0.3;

/** List requests per claim: of its hour, and near the hour's ends of the neighbouring hour. */
export const listsPerClaim = 1.4;

/** Send, receive, delete. */
const requestsPerClaim = 3;

/** Uncompressed bytes after which a stream writes an object. */
export const bufferingBytes = settings.bufferingSize.default * 2 ** 20;

/** Work of proving a run: one claim per slice, each checked once, and each object read once. */
export interface Proving {
  /** Each is checked by an invocation of its own. */
  readonly claims: number;
  readonly objects: number;
  /** Total duration of the prover's invocations. */
  readonly seconds: number;
}

export function provingOf(count: number, slices: number, meanEventBytes: number): Proving {
  const bytes = count * meanEventBytes;
  const cpuMicros = (bytes / proverCpu.ofBytes) * proverCpu.micros;
  return {
    claims: slices,
    objects: Math.max(slices, Math.ceil(bytes / bufferingBytes)),
    seconds: slices * proverWaitSeconds + cpuMicros / 1e6 / proverCpuShare,
  };
}

/** Cost of proving a run, without the requests by which Lambda polls for claims. */
export function provingUsd({ claims, objects, seconds }: Proving, prices: Prices): number {
  return (
    lambdaUsd(seconds * 1_000, proverMemoryMiB, prices.lambdaUsdPerGbSecond) +
    claims * prices.lambdaUsdPerRequest +
    claims * listsPerClaim * prices.s3UsdPerListRequest +
    objects * prices.s3UsdPerGetRequest +
    claims * requestsPerClaim * prices.sqsUsdPerRequest
  );
}
