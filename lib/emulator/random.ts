import { mersenne } from 'pure-rand/generator/mersenne';

/** Numbers from [0, 1) that depend on the seed alone. */
export function createRandom(seed: number): () => number {
  const generator = mersenne(seed);
  return () => (generator.next() >>> 0) / 4_294_967_296;
}
