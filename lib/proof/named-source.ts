import type { Source } from '../../lambda/prover/objects/source.ts';
import { createS3Client } from './aws-clients.ts';
import { directorySource } from './directory-source.ts';
import { parseS3Address, s3Source } from './s3-source.ts';

/**
 * The source of a name.
 *
 * @param name A directory, or `s3://bucket/prefix`.
 * @param landedSinceMs In a bucket, leave out what landed before. @default - nothing is left out
 * @throws UnanswerableError if the name is an address of another kind.
 */
export function sourceNamed(name: string, landedSinceMs?: number): Source {
  if (!name.includes('://')) {
    return directorySource(name);
  }
  return s3Source(createS3Client(), parseS3Address(name), landedSinceMs);
}
