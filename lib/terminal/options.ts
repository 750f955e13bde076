import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import { type SettingName, settings } from '../../lambda/contract/deployment-settings.ts';
import { runIdExpectation, runIdPattern } from '../../lambda/contract/invocation.ts';
import {
  type Bounds,
  exampleLike,
  parseWholeNumber,
  type WholeNumberSetting,
  wholeNumberExpectation,
} from '../../lambda/contract/settings.ts';
import { targets } from '../../lambda/contract/targets.ts';
import { UsageError } from './command.ts';

/** Parses an option's argument. @throws InvalidArgumentError with the expectation. */
export type ArgumentParser<Value> = (text: string) => Value;

export function wholeNumberArgument(bounds: Bounds): ArgumentParser<number> {
  return (text) => {
    const value = parseWholeNumber(text, bounds);
    if (value === undefined) {
      throw new InvalidArgumentError(
        `Expected ${wholeNumberExpectation(bounds)}, for example ${exampleLike(text, bounds)}.`,
      );
    }
    return value;
  };
}

export function matchingArgument(pattern: RegExp, expectation: string): ArgumentParser<string> {
  return (text) => {
    if (!pattern.test(text)) {
      throw new InvalidArgumentError(`Expected ${expectation}.`);
    }
    return text;
  };
}

export const runIdArgument = matchingArgument(runIdPattern, runIdExpectation);

export function runIdOption(): Option {
  return new Option(
    '--run-id <id>',
    'id of the run: the same id sends the same UUIDs (default: a new one)',
  ).argParser(runIdArgument);
}

export const deliveryStreamNameArgument = matchingArgument(
  targets.firehose.streamNamePattern,
  `${targets.firehose.streamNameExpectation}, for example my-stream`,
);

/** The option `--source`. */
export function sourceOption(): Option {
  return new Option('--source <service>', 'put a Kinesis stream in front, which Firehose reads').choices([
    'kinesis',
  ]);
}

/**
 * The option of a setting, such as `--events-per-second <number>`, with its bounds.
 *
 * @param description @default - the setting's own description
 */
export function settingOption(name: SettingName, description?: string): Option {
  const setting: WholeNumberSetting = settings[name];
  const flag = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const unit = setting.unit ?? 'number';
  const fallback = setting.default === undefined ? '' : ` (default: ${setting.default})`;
  return new Option(
    `--${flag} <${unit}>`,
    `${description ?? setting.description}, ${setting.min} to ${setting.max}${fallback}`,
  ).argParser(wholeNumberArgument(setting));
}

/**
 * Checks that a directory is writable, and creates it if it is missing.
 *
 * It does not use `recursive`, which never returns for some paths below /proc on Node 20.
 *
 * @throws UsageError with the option, the directory and the reason.
 */
export function checkDirectory(option: string, directory: string): void {
  try {
    makeDirectory(resolve(directory));
    if (!statSync(directory).isDirectory()) {
      throw new Error('it is a file');
    }
    accessSync(directory, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new UsageError(
      `${option} is ${directory}: expected a writable directory, for example .local (${(error as Error).message})`,
    );
  }
}

function makeDirectory(path: string): void {
  if (existsSync(path)) {
    return;
  }
  makeDirectory(dirname(path));
  mkdirSync(path);
}
