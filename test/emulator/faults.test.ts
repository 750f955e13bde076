import { describe, expect, it } from 'vitest';
import {
  createThrottle,
  decideFate,
  faultsExample,
  noFaults,
  parseFaults,
  requestFaults,
} from '../../lib/emulator/faults.ts';
import { createRandom } from '../../lib/emulator/random.ts';

describe('parseFaults', () => {
  it('reads every kind', () => {
    expect(parseFaults('throttle=0.3,error=0.05, reset=.02,latency=20,outage=5s@3.5s')).toEqual({
      ...noFaults,
      throttle: 0.3,
      error: 0.05,
      reset: 0.02,
      latencyMs: 20,
      outage: { fromMs: 3_500, toMs: 8_500 },
    });
  });

  it.each(requestFaults)('reads %s, for Firehose and for SQS', (fault) => {
    expect(parseFaults(`${fault}=0.1,queue=${fault}=0.2`)).toEqual({
      ...noFaults,
      [fault]: 0.1,
      queue: { ...noFaults, [fault]: 0.2 },
    });
  });

  it('gives to SQS what follows queue=, and nothing of it to Firehose', () => {
    const spec = 'error=0.05,queue=throttle=0.5,queue=latency=700ms, queue=outage=5s@0s';
    expect(parseFaults(spec)).toEqual({
      ...noFaults,
      error: 0.05,
      queue: { ...noFaults, throttle: 0.5, latencyMs: 700, outage: { fromMs: 0, toMs: 5_000 } },
    });
  });

  it('reads what Firehose does after it acknowledged records', () => {
    expect(parseFaults('lose=0.001,s3=deny@5s-60.5s')).toEqual({
      ...noFaults,
      lose: 0.001,
      denial: { fromMs: 5_000, toMs: 60_500 },
    });
  });

  it('reads its own example', () => {
    expect(parseFaults(faultsExample)).toMatchObject({ throttle: 0.3, queue: { error: 0.2 } });
  });

  it.each([
    [
      'throttle=2',
      '"throttle=2": expected a probability from 0 to 1 for throttle, for example throttle=0.3,',
    ],
    ['error=0.1,reset=x', '"reset=x": expected a probability from 0 to 1 for reset'],
    ['latency=-1', '"latency=-1": expected milliseconds for latency'],
    [
      'outage=8s',
      '"outage=8s": expected the length and the start of the outage, in seconds, for example outage=8s@0s',
    ],
    ['outage=5', '"outage=5": expected the length and the start of the outage'],
    [
      'thortle=0.1',
      '"thortle=0.1": expected throttle, error, reset, truncate, garble, miscount, html, hang, drip, expired, latency, outage, lose or s3',
    ],
    [
      '',
      '"": expected throttle, error, reset, truncate, garble, miscount, html, hang, drip, expired, latency, outage, lose or s3',
    ],
    ['error', '"error": expected throttle'],
    ['hang=1.1', '"hang=1.1": expected a probability from 0 to 1 for hang'],
    ['latency=7s', '"latency=7s": expected milliseconds for latency'],
    ['error=0.1,queue=drip=x', '"queue=drip=x": expected a probability from 0 to 1 for drip'],
    ['queue=hnag=1', '"queue=hnag=1": expected throttle'],
    ['queue=', '"queue=": expected throttle'],
    ['lose=2', '"lose=2": expected a probability from 0 to 1 for lose, for example throttle=0.3,'],
    ['s3=deny', '"s3=deny": expected deny@SECONDSs-SECONDSs for s3'],
    ['s3=deny@60s-5s', '"s3=deny@60s-5s": expected deny@SECONDSs-SECONDSs for s3'],
    ['queue=lose=0.1', '"queue=lose=0.1": expected throttle, error, reset'],
    ['queue=queue=error=1', '"queue=queue=error=1": expected throttle'],
    ['error=0.7,hang=0.4', '"error=0.7,hang=0.4": expected error, reset, truncate, garble, miscount, html'],
    ['queue=error=0.7,queue=hang=0.4', 'drip, expired to be at most 1 together, for example throttle=0.3,'],
  ])('refuses %j and names the part', (spec, message) => {
    expect(() => parseFaults(spec)).toThrow(RangeError);
    expect(() => parseFaults(spec)).toThrow(message);
  });
});

describe('throttle', () => {
  it('refuses about as many records as it says, the same ones for the same seed', () => {
    // Prepare
    const decide = () => {
      const throttle = createThrottle({ ...noFaults, throttle: 0.3 }, createRandom(7));
      return Array.from({ length: 10_000 }, throttle);
    };

    // Act
    const refusals = decide();

    // Assess
    expect(refusals.filter(Boolean).length / 10_000).toBeCloseTo(0.3, 1);
    expect(decide()).toEqual(refusals);
  });
});

describe('the fate of a request', () => {
  it('is each fault about as often as it says', () => {
    // Prepare
    const faults = parseFaults(requestFaults.map((fault, index) => `${fault}=0.0${index + 1}`).join(','));
    const random = createRandom(7);

    // Act
    const fates = Array.from({ length: 20_000 }, () => decideFate(faults, 0, random).fault);

    // Assess
    const share = (fault: string | undefined) => fates.filter((fate) => fate === fault).length / fates.length;
    for (const [index, fault] of requestFaults.entries()) {
      expect(share(fault)).toBeCloseTo((index + 1) / 100, 1.7);
    }
    expect(share(undefined)).toBeCloseTo(0.55, 1.7);
  });

  it('stays the same for a seed when a fault is added that meets other requests', () => {
    // Prepare
    const resets = (spec: string) => {
      const random = createRandom(7);
      const fates = Array.from({ length: 1_000 }, () => decideFate(parseFaults(spec), 0, random));
      return fates.map(({ fault }) => fault === 'reset');
    };

    // Act
    const alone = resets('error=0.1,reset=0.1');

    // Assess
    expect(alone).toContain(true);
    expect(resets('error=0.1,reset=0.1,hang=0.3,latency=20')).toEqual(alone);
  });
});
