import type { Logger } from '@aws-lambda-powertools/logger';
import { targets } from '../contract/targets.ts';
import { chunks } from '../runtime/batches.ts';
import type { MetricSink } from '../runtime/metric-sink.ts';
import { maxEventsAtOnce } from './claims/claim-messages.ts';
import type { Environment } from './claims/environment.ts';
import type { ProverObserver } from './claims/prover.ts';
import type { CheckedClaim } from './claims/settle.ts';
import type { Corruption } from './comparison/comparison.ts';
import { missingRanges } from './comparison/tally.ts';
import { addMetrics, newCorruptions } from './metrics.ts';
import type { Reading } from './objects/read-objects.ts';

/** Limit of the missing ranges, and of the corrupt objects, in a log line. */
const maxItems = 10;

const letters = 'payloads in the dead-letter queue resend the';

const verdictTexts = {
  proven: 'claim proven',
  waiting: 'claim waiting',
  lost: `claim lost: ${letters} missing events`,
  lostBehindKinesis:
    'claim lost: Firehose reads a Kinesis stream only from its own creation on (DeliveryStartTimestamp), earlier records never ' +
    `arrive; ${letters} missing events`,
  unproven:
    `claim unproven: the bucket could not be read completely, and events may be in what was not read; ${letters} events ` +
    'that were not found',
  givenUp:
    'claim unproven: events may still land, for as long as their stream keeps them (lostAfterHours), but the proof queue does ' +
    `not keep the claim that long; ${letters} events that were not found`,
  misfit: `claim unproven: it may not have been made for this deployment; ${letters} events that were not found`,
};

/** Logs the facts of an invocation and counts its metrics. */
export function createObserver(
  environment: Pick<Environment, 'target' | 'lostAfterHours'>,
  log: Pick<Logger, 'info' | 'warn' | 'error'>,
  metrics: MetricSink,
): ProverObserver {
  return {
    onInvalidMessage: (messageId, error) =>
      log.error('invalid claim, the message moves to the dead-letter queue', { messageId, error }),
    onMoveFailed: (messageId, error) =>
      log.error('could not move the message to the dead-letter queue', { messageId, error }),
    onReadingFailed: (error) => log.error('could not read the bucket completely', { error }),
    onErrorObjects: (errorPrefix, errorObjects) =>
      log.warn('the stream could not deliver all records', { errorPrefix, errorObjects }),
    onErrorListingFailed: (errorPrefix, error) => log.warn(`could not list ${errorPrefix}`, { error }),
    onVerdict: (claim, reading) => logVerdict(claim, reading, environment, log),
    onPostponed: (messages) =>
      log.warn('claims postponed: with the others they have too many events to check at once', {
        maxEvents: maxEventsAtOnce,
        claims: messages.map(({ messageId, claim, events }) => ({ messageId, runId: claim.runId, events })),
      }),
    onPostponeFailed: (error) => log.warn('could not postpone claims', { error }),
    onChecked: (claims, { isAllRead }, comparison) => {
      const corruptions = newCorruptions(claims, comparison);
      logCorruptions(corruptions, log);
      addMetrics(claims, isAllRead, corruptions, metrics);
    },
  };
}

function logCorruptions(corruptions: readonly Corruption[], log: Pick<Logger, 'warn'>): void {
  if (corruptions.length > 0) {
    log.warn('objects have corrupt lines', {
      objectsCorrupt: corruptions.length,
      linesCorrupt: corruptions.reduce((sum, { lines }) => sum + lines, 0),
      corruptObjects: corruptions
        .slice(0, maxItems)
        .map(({ object, lines, damage }) => ({ object: object.key, lines, ...(damage && { damage }) })),
    });
  }
}

function logVerdict(
  { claim, messageId, verdict, tally, ageMs, misfit, error }: CheckedClaim,
  reading: Reading,
  { target, lostAfterHours }: Pick<Environment, 'target' | 'lostAfterHours'>,
  log: Pick<Logger, 'info' | 'error'>,
): void {
  const { objects, gone, unread, unreadObjects, isOutOfTime } = reading;
  const { segments, ...counts } = tally;
  const [firstRanges] = chunks(missingRanges(segments), maxItems);
  const fields = {
    runId: claim.runId,
    messageId,
    verdict,
    ...counts,
    ageMs: Math.round(ageMs),
    objects,
    ...(gone > 0 && { objectsGone: gone }),
    ...(unread > 0 && { objectsUnread: unread }),
    ...(unreadObjects.length > 0 && { unreadObjects }),
    ...(isOutOfTime && { isOutOfTime }),
    ...(firstRanges && { missingRanges: firstRanges }),
    ...(misfit && { misfit: misfit.reason }),
    ...(error && { error }),
  };
  if (error) {
    log.error(
      'could not send the missing events to the dead-letter queue, the queue keeps the claim',
      fields,
    );
  } else if (verdict === 'lost') {
    const isBehindKinesis = targets[target].service === 'kinesis';
    log.error(verdictTexts[isBehindKinesis ? 'lostBehindKinesis' : 'lost'], fields);
  } else if (verdict === 'unproven') {
    const isGivenUp = reading.isAllRead && !reading.hasUnreadable;
    const reason = isGivenUp ? 'givenUp' : 'unproven';
    log.error(verdictTexts[misfit ? 'misfit' : reason], { ...fields, ...(isGivenUp && { lostAfterHours }) });
  } else {
    log.info(verdictTexts[verdict], fields);
  }
}
