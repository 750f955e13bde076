import { writeFile } from 'node:fs/promises';
import type { Evidence } from '../../lambda/prover/comparison/proof.ts';
import { UnanswerableError } from '../../lambda/prover/objects/source.ts';
import { certificate } from './certificate.ts';
import type { ProofOptions } from './options.ts';

/**
 * Writes the certificate, if one is asked for.
 *
 * @throws UnanswerableError if it cannot be written.
 */
export async function writeCertificate(
  evidence: Evidence,
  { html }: Pick<ProofOptions, 'html'>,
): Promise<void> {
  if (html === undefined) {
    return;
  }
  await writeFile(html, certificate(evidence)).catch((error) => {
    throw new UnanswerableError(`the certificate could not be written: ${error.message}`, { cause: error });
  });
}
