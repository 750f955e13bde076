import type { Report } from '../../../lambda/contract/report.ts';
import type { ProducerSettings } from '../../../lambda/contract/settings.ts';
import type { RunSlice } from '../../../lambda/contract/slice.ts';
import { parsePayload } from '../../../lambda/producer/invocation/parse-payload.ts';
import type { Ended } from '../worlds/lambda.ts';

/** An invocation or its message fails when events are undelivered, and the error has the remedy. */
export function findWrongErrors(ended: Ended, settings: ProducerSettings): string[] {
  const isFromQueue =
    ended.works.some(({ messageId }) => messageId !== undefined) || ended.failures.length > 0;
  return isFromQueue ? findWrongFailures(ended, settings) : findWrongError(ended, settings);
}

function findWrongError({ works, error, traffic }: Ended, settings: ProducerSettings): string[] {
  const [report] = works[0]?.reports ?? [];
  if (!report || report.eventsUndelivered > 0 !== (error !== undefined)) {
    return [`it threw "${error?.message}" with ${report?.eventsUndelivered} events undelivered`];
  }
  return error ? findMissingWords(error, works[0]!.slice, report, traffic.lastFailure, settings) : [];
}

function findWrongFailures(ended: Ended, settings: ProducerSettings): string[] {
  const { works, failures, result, traffic } = ended;
  const messages = (ended.payload as { readonly Records: readonly { readonly messageId: string }[] }).Records;
  const returned = result && 'batchItemFailures' in result ? result.batchItemFailures : undefined;
  return messages.flatMap(({ messageId }) => {
    const work = works.find((other) => other.messageId === messageId);
    const [report] = work?.reports ?? [];
    const shouldFail = !report || report.eventsUndelivered > 0;
    const isReturned = returned?.some(({ itemIdentifier }) => itemIdentifier === messageId);
    const logged = failures.filter((failure) => failure.messageId === messageId);
    if (isReturned !== shouldFail || logged.length !== Number(shouldFail)) {
      return [`${messageId} should ${shouldFail ? '' : 'not '}fail`];
    }
    const [failure] = logged;
    if (failure && failure.runId !== work?.slice.runId) {
      return [`the failure of ${messageId} names the run ${failure.runId}`];
    }
    return failure && work && report
      ? findMissingWords(failure.error, work.slice, report, traffic.lastFailure, settings)
      : [];
  });
}

/** An error names the run, the last failures, and payloads that send what is undelivered. */
function findMissingWords(
  { name, message }: Error,
  { runId, eventsPerSecond }: RunSlice,
  { stopReason, lastFailure, undelivered }: Report,
  lastQueueFailure: string | undefined,
  settings: ProducerSettings,
): string[] {
  const words = [
    runId,
    ...(stopReason && lastFailure ? [lastFailure] : []),
    ...(name === 'WorkQueueError' && lastQueueFailure ? [lastQueueFailure] : []),
  ];
  const missing = words.filter((word) => !message.includes(word)).map((word) => `"${message}" lacks ${word}`);
  const rate = eventsPerSecond && { eventsPerSecond };
  const wanted = undelivered.slice(0, 3).map(([from, to]) => ({ runId, from, to, ...rate }));
  const isGiven = JSON.stringify(payloadsIn(message, settings)) === JSON.stringify(wanted);
  return [...missing, ...(isGiven ? [] : [`"${message}" does not send ${JSON.stringify(wanted)} again`])];
}

/** The payloads in a message, as the function itself would read them. */
function payloadsIn(message: string, settings: ProducerSettings): RunSlice[] {
  return (message.match(/\{"runId".*?\}/g) ?? []).map((json) =>
    parsePayload(JSON.parse(json), settings, 'no run'),
  );
}
