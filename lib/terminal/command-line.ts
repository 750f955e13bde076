import { isPacked } from './packed.ts';

/** The package's command: `npx firehose-event-producer verify`. */
const packageCommand = 'npx firehose-event-producer';

/**
 * What a person types to run a command: `npm run verify` in the repository, `npx firehose-event-producer verify` where
 * the package is installed.
 *
 * @param args What follows, quoted for a shell. @default - nothing
 */
export function commandLine(name: string, args = ''): string {
  if (isPacked) {
    return [packageCommand, name, ...(args ? [args] : [])].join(' ');
  }
  const script = name === 'start' ? 'npm start' : `npm run ${name}`;
  return args ? `${script} -- ${args}` : script;
}

/** The same as it stands before `[options]` in a command's help. */
export function commandUsage(name: string): string {
  return isPacked ? commandLine(name) : `${commandLine(name)} --`;
}
