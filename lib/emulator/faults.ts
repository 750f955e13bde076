/**
 * The faults of whole requests, each given by its probability, in the order in which they share the numbers from 0 to 1.
 *
 * - `error`: 500 or 503. Not processed.
 * - `reset`: the connection is cut. Processed half of the time.
 * - `truncate`: half of the response's body; half of the time the header Content-Length announces all of it, and the
 *   connection is cut. Processed.
 * - `garble`: 200 with a body that is other JSON or no JSON. Processed.
 * - `miscount`: one entry too few, or a count of failures that is wrong. Processed.
 * - `html`: a proxy's page, with 502 or 200. Not processed.
 * - `hang`: no response, ever. Processed half of the time.
 * - `drip`: the response's body comes byte by byte, slowly. Processed.
 * - `expired`: 400, the credentials have expired. Not processed.
 */
export const requestFaults = [
  'error',
  'reset',
  'truncate',
  'garble',
  'miscount',
  'html',
  'hang',
  'drip',
  'expired',
] as const;

export type RequestFault = (typeof requestFaults)[number];

/** Faults of one service. */
export interface ServiceFaults extends Readonly<Record<RequestFault, number>> {
  /** Probability that a record, or a message, is refused. */
  readonly throttle: number;
  /** Upper bound of the delay of a response. */
  readonly latencyMs: number;
  /** During this time span, every connection is cut. */
  readonly outage?: TimeSpan;
}

/** A time span after the start. */
export interface TimeSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Faults of the embedded Firehose and SQS. */
export interface Faults extends ServiceFaults {
  /** Probability that a record that Firehose acknowledged never lands. @default 0 */
  readonly lose?: number;
  /** During this time span Firehose cannot write objects; it delivers them afterwards. */
  readonly denial?: TimeSpan;
  /** Faults of SQS. @default - none */
  readonly queue?: ServiceFaults;
}

export const noFaults: ServiceFaults = {
  throttle: 0,
  error: 0,
  reset: 0,
  truncate: 0,
  garble: 0,
  miscount: 0,
  html: 0,
  hang: 0,
  drip: 0,
  expired: 0,
  latencyMs: 0,
};

/** An example of every form. */
export const faultsExample =
  'throttle=0.3,error=0.05,hang=0.01,latency=20ms,outage=5s@3s,queue=error=0.2,s3=deny@5s-60s,lose=0.001';

/** Start of a fault of SQS. */
const queuePrefix = 'queue=';

/**
 * Parses faults such as `throttle=0.3,error=0.05,latency=20ms,outage=5s@3s,queue=error=0.2`: probabilities, milliseconds, and
 * the length and start of an outage. A fault after `queue=` is one of SQS, not of Firehose. Two faults concern acknowledged
 * records: with `s3=deny@5s-60s`, Firehose writes no objects between these times; with `lose=0.001`, records never land.
 *
 * @throws RangeError naming the part that doesn't fit, what was expected, and an example.
 */
export function parseFaults(spec: string): Faults {
  let faults: Faults = noFaults;
  for (const part of spec.split(',')) {
    const text = part.trim();
    if (text.startsWith(queuePrefix)) {
      const ofQueue = parseFault(text.slice(queuePrefix.length), part, ', latency or outage');
      faults = { ...faults, queue: { ...(faults.queue ?? noFaults), ...ofQueue } };
    } else {
      const fault = parseDeliveryFault(text, part) ?? parseFault(text, part, ', latency, outage, lose or s3');
      faults = { ...faults, ...fault };
    }
  }
  checkSum(faults, spec);
  checkSum(faults.queue ?? noFaults, spec);
  return faults;
}

/** Parses the faults that only Firehose has; `undefined` for others. */
function parseDeliveryFault(text: string, part: string): Pick<Faults, 'lose' | 'denial'> | undefined {
  const [, kind, value = ''] = /^(lose|s3)=(.*)$/.exec(text) ?? [];
  if (kind === 'lose') {
    return { lose: parseProbability(value, part, kind) };
  }
  if (kind === 's3') {
    const [, from, to] = /^deny@(\d+(?:\.\d+)?)s-(\d+(?:\.\d+)?)s$/.exec(value) ?? [];
    if (!from || !to || Number(from) >= Number(to)) {
      throw expected(part, 'deny@SECONDSs-SECONDSs for s3', 's3=deny@5s-60s');
    }
    return { denial: { fromMs: Number(from) * 1_000, toMs: Number(to) * 1_000 } };
  }
  return undefined;
}

/**
 * @param part The user's text, for the error.
 * @param others Names of faults that are not probabilities, for the error.
 */
function parseFault(text: string, part: string, others: string): Partial<ServiceFaults> {
  const [, kind, value = ''] = /^(\w+)=(.+)$/.exec(text) ?? [];
  if (kind === 'latency') {
    const [, milliseconds] = /^(\d{1,6})(?:ms)?$/.exec(value) ?? [];
    if (!milliseconds) {
      throw expected(part, 'milliseconds for latency', 'latency=20ms');
    }
    return { latencyMs: Number(milliseconds) };
  }
  if (kind === 'outage') {
    const [, length, from] = /^(\d+(?:\.\d+)?)s@(\d+(?:\.\d+)?)s$/.exec(value) ?? [];
    if (!length || !from) {
      throw expected(part, 'the length and the start of the outage, in seconds', 'outage=8s@0s');
    }
    return { outage: { fromMs: Number(from) * 1_000, toMs: (Number(from) + Number(length)) * 1_000 } };
  }
  const name = (['throttle', ...requestFaults] as const).find((fault) => fault === kind);
  if (name === undefined) {
    throw expected(part, `throttle, ${requestFaults.join(', ')}${others}`);
  }
  return { [name]: parseProbability(value, part, name) };
}

function parseProbability(value: string, part: string, name: string): number {
  if (!/^(0(\.\d+)?|1(\.0+)?|\.\d+)$/.test(value)) {
    throw expected(part, `a probability from 0 to 1 for ${name}`);
  }
  return Number(value);
}

/** A request has at most one fault. */
function checkSum(faults: ServiceFaults, spec: string): void {
  const sum = requestFaults.reduce((total, fault) => total + faults[fault], 0);
  // Tolerance for rounding: ten times 0.1 is not exactly 1.
  if (sum > 1 + 1e-9) {
    throw expected(spec, `${requestFaults.join(', ')} to be at most 1 together`);
  }
}

function expected(part: string, what: string, example = faultsExample): RangeError {
  return new RangeError(`"${part}": expected ${what}, for example ${example}`);
}

/** Returns a function that decides whether `throttle` refuses a record or message. */
export function createThrottle({ throttle }: ServiceFaults, random: () => number): () => boolean {
  return () => random() < throttle;
}

/** The fault and the delay of one request. */
export interface Fate {
  readonly fault?: RequestFault | 'outage';
  readonly delayMs: number;
  /** Decides between the two forms of some faults. */
  readonly coin: boolean;
}

/**
 * Decides the fault and the delay of a request.
 *
 * @param random Always called three times, so that another fault does not change those of later requests.
 */
export function decideFate(faults: ServiceFaults, sinceStartMs: number, random: () => number): Fate {
  const [draw, delay, coinDraw] = [random(), random(), random()];
  const coin = coinDraw < 0.5;
  const { outage, latencyMs } = faults;
  if (outage && sinceStartMs >= outage.fromMs && sinceStartMs < outage.toMs) {
    return { fault: 'outage', delayMs: 0, coin };
  }
  let bound = 0;
  const fault = requestFaults.find((name) => {
    bound += faults[name];
    return draw < bound;
  });
  return { ...(fault && { fault }), delayMs: delay * latencyMs, coin };
}
