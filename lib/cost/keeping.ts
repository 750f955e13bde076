import { bytesPerGb } from '../../lambda/contract/targets.ts';
import { hoursPerMonth } from '../aws/billing.ts';
import type { Prices } from '../aws/prices.ts';
import type { EventSizes } from './format-figures.ts';
import { bufferingBytes } from './proving.ts';

export const daysPerMonth = hoursPerMonth / 24;

/** Days until objects expire: a copy of the stack's value; a test compares them. */
export const objectDays = 30;

/** Log bytes of an invocation and of a claim, with Lambda's own lines: upper bounds, at the level `full`. */
export const producerLogBytes = 3_000;
export const proverLogBytes = 2_000;

/** Cost of starting a run, and of writing and keeping its objects and log lines. Objects are compressed in every record format. */
export function keepingUsd(
  { events, invocations, claims }: Record<'events' | 'invocations' | 'claims', number>,
  sizes: EventSizes,
  prices: Prices,
) {
  const objects = Math.max(1, Math.ceil((events * sizes.meanEventBytes) / bufferingBytes));
  const gbMonths = ((events * sizes.gzipEventBytes) / bytesPerGb) * (objectDays / daysPerMonth);
  const logBytes = invocations * producerLogBytes + claims * proverLogBytes;
  return {
    scheduler: prices.schedulerUsdPerInvocation,
    s3: objects * prices.s3UsdPerListRequest + gbMonths * prices.s3UsdPerGbMonth,
    logs: (logBytes / bytesPerGb) * prices.cloudWatchUsdPerLogGb,
  };
}
