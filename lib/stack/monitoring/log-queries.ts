import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { QueryDefinition, QueryString } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { reportMetrics } from '../../../lambda/contract/metrics.ts';

const functionOfUnit = { Count: 'sum', Bytes: 'sum', Milliseconds: 'max', 'Count/Second': 'avg' };

const reportStats = [
  ...Object.entries(reportMetrics).map(
    ([field, { unit }]) => `${functionOfUnit[unit]}(report.${field}) as ${field}`,
  ),
  'sum(report.estimatedCostUsd) as estimatedCostUsd',
].join(', ');

const verdictStats =
  'count(*) as claims, sum(expected) as events, sum(present) as found, sum(missing) as notFound, ' +
  'sum(duplicated) as foundTwice, max(ageMs) as longestMs';

/** Saves queries for CloudWatch Logs Insights: the figures of the reports, and of the proof, hour by hour. */
export function saveLogQueries(
  scope: Construct,
  namePrefix: string,
  producer: LambdaFunction,
  prover: LambdaFunction | undefined,
): void {
  const save = (id: string, name: string, { logGroup }: LambdaFunction, filter: string, stats: string) =>
    new QueryDefinition(scope, id, {
      queryDefinitionName: `${namePrefix}-${name}`,
      queryString: new QueryString({ filterStatements: [filter], statsStatements: [stats] }),
      logGroups: [logGroup],
    });
  save('ReportsQuery', 'Reports', producer, 'ispresent(report.runId)', `${reportStats} by bin(1h)`);
  if (prover) {
    save('ProofQuery', 'Proof', prover, 'ispresent(verdict)', `${verdictStats} by bin(1h), verdict`);
  }
}
