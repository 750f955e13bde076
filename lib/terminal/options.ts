import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import {
  deliveryStreamNameExpectation,
  deliveryStreamNamePattern,
} from '../../lambda/contract/firehose-limits.ts';
import { runIdExpectation, runIdPattern } from '../../lambda/contract/payload.ts';
import { type SettingName, settings, type WholeNumberSetting } from '../../lambda/contract/settings.ts';
import { type Bounds, parseWholeNumber, wholeNumberExpectation } from '../../lambda/contract/whole-number.ts';
import { UsageError } from './command.ts';

/** Reads an option's argument. @throws InvalidArgumentError saying what was expected. */
export type ArgumentParser<Value> = (text: string) => Value;

/** Reads a whole number. */
export function wholeNumberArgument(bounds: Bounds): ArgumentParser<number> {
  return (text) => {
    const value = parseWholeNumber(text, bounds);
    if (value === undefined) {
      throw new InvalidArgumentError(
        `Expected ${wholeNumberExpectation(bounds)}, for example ${bounds.example}.`,
      );
    }
    return value;
  };
}

/** Reads a text that matches a pattern. */
export function matchingArgument(pattern: RegExp, expectation: string): ArgumentParser<string> {
  return (text) => {
    if (!pattern.test(text)) {
      throw new InvalidArgumentError(`Expected ${expectation}.`);
    }
    return text;
  };
}

/** Reads the id of a run. */
export const runIdArgument = matchingArgument(runIdPattern, runIdExpectation);

/** The option that names a run which is sent. */
export function runIdOption(): Option {
  return new Option(
    '--run-id <id>',
    'names the run: the same id sends the same UUIDs (default: a new one)',
  ).argParser(runIdArgument);
}

/** Reads the name of a delivery stream. */
export const deliveryStreamNameArgument = matchingArgument(
  deliveryStreamNamePattern,
  deliveryStreamNameExpectation,
);

/**
 * The option of a setting: `--events-per-second <number>`, checked as the setting is.
 *
 * @param description What it is. @default - the setting's own description
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
 * Checks that a directory can be written to, and makes it if it is not there.
 *
 * Not with Node's `recursive`, which never returns for some paths below /proc on Node 20.
 *
 * @throws UsageError naming the option, the directory and what is wrong with it.
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
      `${option} is ${directory}: expected a directory to write to, for example .local (${(error as Error).message})`,
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
