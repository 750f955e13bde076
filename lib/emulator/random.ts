import { mersenne } from 'pure-rand/generator/mersenne';

/** Random numbers from [0, 1), the same for the same seed. */
export function createRandom(seed: number): () => number {
  const generator = mersenne(seed);
  return () => (generator.next() >>> 0) / 4_294_967_296;
}
