import { readFileSync } from 'node:fs';
import { InvalidTemplateError } from '../../lambda/template/errors.ts';
import { type CheckedTemplate, checkTemplate } from './check-template.ts';

/** A template file is invalid; the message has a line for each problem, `file:line:column problem`. */
export class TemplateFileError extends Error {
  override readonly name = 'TemplateFileError';
}

/**
 * Reads and checks the template in a file.
 *
 * @throws TemplateFileError if the file is missing or its template is invalid.
 */
export function readTemplateFile(file: string): CheckedTemplate {
  let source: string;
  try {
    source = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
    if (source.includes('\0')) {
      throw new TypeError('UTF-16 without a byte order mark');
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason =
      { ENOENT: 'there is no such file', EISDIR: 'it is a folder' }[code ?? ''] ??
      (error instanceof TypeError ? 'it is not UTF-8 text' : message);
    throw new TemplateFileError(
      `${file}: ${reason}, expected a file with a template, for example docs/events/iot-sensor.json`,
      { cause: error },
    );
  }
  try {
    return checkTemplate(source);
  } catch (error) {
    if (!(error instanceof InvalidTemplateError)) {
      throw error;
    }
    const lines = error.message.split('\n').map((line) => `${file}:${line}`);
    throw new TemplateFileError(lines.join('\n'), { cause: error });
  }
}
