import type { RecordFormat } from '../../lambda/contract/record-format.ts';
import { prices } from '../../lib/aws/prices.ts';
import {
  type CostEstimate,
  type CostQuestion,
  estimateCosts,
  type FormatCosts,
} from '../../lib/cost/estimate.ts';
import { defaultEventSizes } from '../../lib/cost/format-figures.ts';

/** The estimate for the stack's defaults but for what is given. */
export function estimateOf(question: Partial<CostQuestion> = {}): CostEstimate {
  return estimateCosts({
    count: 100,
    sizes: defaultEventSizes,
    target: 'firehose',
    shards: 1,
    schedule: 'rate(5 minutes)',
    monitoring: 'essential',
    proof: true,
    prices,
    ...question,
  });
}

export function costsOf(recordFormat: RecordFormat, question: Partial<CostQuestion> = {}): FormatCosts {
  return estimateOf(question).formats.find((costs) => costs.recordFormat === recordFormat)!;
}
