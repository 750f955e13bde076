import { distance } from 'fastest-levenshtein';

/** The known name that is the fewest edits away, and how many: for "did you mean". */
export function nearestName(name: string, known: readonly string[]): { name: string; edits: number } {
  return known
    .map((candidate) => ({ name: candidate, edits: distance(name, candidate) }))
    .reduce((best, other) => (other.edits < best.edits ? other : best));
}
