import fc from 'fast-check';

/** Share of property tests and of long tables that `npm test` does; `.ci/run` does all of them. */
const share = Number(process.env.PROPERTY_SHARE ?? 1);

/** Number of runs of a property test. */
export function runs(count: number): number {
  return Math.ceil(count * share);
}

/** Cases of a table that take long each: in `npm test` the first of every few. */
export function shareOf<T>(cases: readonly T[]): readonly T[] {
  return cases.filter((_, index) => index % Math.round(1 / share) === 0);
}

fc.configureGlobal({ numRuns: runs(100) });
