import { isPacked } from './packed.ts';

const packageCommand = 'npx firehose-event-producer';

/**
 * The command line of a command: `npm run verify` in the repository, `npx firehose-event-producer verify` in the
 * installed package.
 *
 * @param args Its arguments, quoted for a shell.
 */
export function commandLine(name: string, args = ''): string {
  if (isPacked) {
    return [packageCommand, name, ...(args ? [args] : [])].join(' ');
  }
  const script = name === 'start' ? 'npm start' : `npm run ${name}`;
  return args ? `${script} -- ${args}` : script;
}

/** The command line before its options. */
export function commandUsage(name: string): string {
  return isPacked ? commandLine(name) : `${commandLine(name)} --`;
}
