import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { completeKeyPrefix, type KeyNaming, partitionText } from '../contract/key-prefix.ts';
import { defaultTemplateFingerprint, type MadeFor } from '../contract/made-for.ts';

/** Name of the file with the template, beside the bundle of a function. */
export const deployedTemplateFile = 'event-template.txt';

export function readDeployedTemplate(): string {
  return readFileSync(new URL(deployedTemplateFile, import.meta.url), 'utf8');
}

/** Raise it when a template writes other events than before. */
const rulesVersion = 1;

/**
 * What the messages of a deployment are made for.
 *
 * @param source The template. @default - the default template
 */
export function madeForOf(
  { deliveryStreamName, prefix, prefixTimeZone, partition }: KeyNaming & Pick<MadeFor, 'deliveryStreamName'>,
  source?: string,
): MadeFor {
  const hash = () => createHash('sha256').update(`${rulesVersion}/${source}`).digest('hex').slice(0, 16);
  const template = source === undefined ? defaultTemplateFingerprint : hash();
  const place = [
    completeKeyPrefix(prefix),
    ...(prefixTimeZone === undefined ? [] : [`in ${prefixTimeZone}`]),
    ...(partition ? [`of ${partitionText(partition)}`] : []),
  ];
  return { deliveryStreamName, template, prefix: place.join(' ') };
}

/** The template used when none is configured. */
export const defaultTemplate = '{"{{random.uuid}}":"test-{{date.utc("YYYY-MM-DD HH:mm:ss")}}"}';
