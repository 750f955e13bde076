import { athenaMinBytes, athenaTbBytes } from '../aws/billing.ts';
import type { Prices } from '../aws/prices.ts';
import type { EventSizes } from './format-figures.ts';

/** What a query of Athena reads, and costs. */
export interface Querying {
  /** Bytes of the objects of a day: compressed, whatever the record format. */
  readonly bytesPerDay: number;
  /** A query over all of them, in US dollars. */
  readonly usd: number;
}

/** What it takes to query the events of a day. */
export function queryingOf(eventsPerDay: number, { gzipEventBytes }: EventSizes, prices: Prices): Querying {
  const bytesPerDay = eventsPerDay * gzipEventBytes;
  return {
    bytesPerDay,
    usd: (Math.max(bytesPerDay, athenaMinBytes) / athenaTbBytes) * prices.athenaUsdPerTb,
  };
}
