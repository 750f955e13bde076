import fc from 'fast-check';

/** Share of the runs of a property test that `npm test` does; `.ci/run` does all of them. */
const share = Number(process.env.PROPERTY_SHARE ?? 1);

/** Number of runs of a property test. */
export function runs(count: number): number {
  return Math.ceil(count * share);
}

fc.configureGlobal({ numRuns: runs(100) });
