import type { Match } from '../../../lambda/contract/claim.ts';
import { type DeploymentClients, findProducer, type ProducerOptions } from '../../proof/deployed-stack.ts';
import type { Scope } from '../../proof/source.ts';
import { UnanswerableError } from '../../proof/unanswerable.ts';
import type { Question } from '../../proof/verify.ts';
import { readTemplateFile } from '../../template/template-file.ts';
import type { LastRun } from '../../terminal/last-run.ts';

/** Options of `verify` that name the runs. Without a producer, `stream` and `count` go together, and need a `runId`. */
export interface QuestionOptions extends ProducerOptions {
  /** A directory or an `s3://` address. @default - the bucket of the last local run */
  readonly source?: string;
  /** @default - that of the local run */
  readonly stream?: string;
  readonly runId?: readonly string[];
  /** Events of each run. */
  readonly count?: number;
  /** A file with the template of the events. @default - the last local run's, or the default template */
  readonly event?: string;
  /** When the runs began, in milliseconds since 1970. */
  readonly since?: number;
  readonly shared?: true;
  /** @default - the producer's, or `bytes` */
  readonly match?: Match;
}

interface ResolvedQuestion extends Pick<Question, 'runs' | 'eventTemplate' | 'match'> {
  readonly source: string;
  readonly scope: Scope;
  readonly unfinished?: true;
}

/**
 * The source and the runs that options name; of local runs, the ids are enough. The last local run by default.
 *
 * @param readRun Reads a local run, the last one by default. Only called if needed.
 * @throws UnanswerableError if one of the options that go together is missing, or the local runs don't.
 * @throws TemplateFileError if the template cannot be used.
 */
export async function resolveQuestion(
  options: QuestionOptions,
  readRun: (runId?: string) => Promise<LastRun>,
  clients: DeploymentClients,
): Promise<ResolvedQuestion> {
  const { source, stream, runId, count, event, since, shared = false } = options;
  const scope = { ...(since !== undefined && { sinceMs: since }), isShared: shared };
  const fromFile = event === undefined ? undefined : readTemplateFile(event).template.source;
  if (options.stack !== undefined || options.function !== undefined) {
    if (runId === undefined) {
      throw new UnanswerableError('--run-id is missing: give that of the run, as send printed it');
    }
    const producer = await findProducer({ ...options, eventTemplate: fromFile }, clients);
    const { deliveryStreamName, eventTemplate, isShared, match } = producer;
    const run = { deliveryStreamName, from: 0, to: count ?? producer.count };
    return {
      source: producer.source,
      scope: { ...producer.scope, ...scope, isShared: shared || isShared },
      runs: runId.map((id) => ({ ...run, runId: id })),
      eventTemplate,
      match: options.match ?? match,
    };
  }
  const own = options.match && { match: options.match };
  const given = { '--stream': stream, '--run-id': runId, '--count': count };
  const missing = Object.entries(given).filter(([, value]) => value === undefined);
  if (missing.length === 0) {
    const runs = runId!.map((id) => ({ runId: id, deliveryStreamName: stream!, from: 0, to: count! }));
    const lastRun = source === undefined ? await readRun() : undefined;
    const eventTemplate = fromFile ?? lastRun?.eventTemplate;
    return { source: source ?? lastRun!.output.directory, scope, runs, eventTemplate, ...own };
  }
  if (stream !== undefined || count !== undefined) {
    const names = missing.map(([name]) => name).join(' and ');
    throw new UnanswerableError(`--stream, --run-id and --count go together: give ${names} too`);
  }
  const localRuns = await Promise.all((runId ?? [undefined]).map((id) => readRun(id)));
  const questions = localRuns.map(({ output, eventTemplate }) => ({
    source: source ?? output.directory,
    eventTemplate: fromFile ?? eventTemplate,
  }));
  if (new Set(questions.map((question) => JSON.stringify(question))).size > 1) {
    throw new UnanswerableError(
      'these runs are in different buckets, or of different templates: verify one at a time',
    );
  }
  const isUnfinished = localRuns.some(({ unfinished }) => unfinished);
  return {
    ...questions[0]!,
    ...own,
    scope,
    runs: localRuns.map(({ report }) => report),
    ...(isUnfinished && { unfinished: true }),
  };
}
