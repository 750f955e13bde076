import { randomUUID } from 'node:crypto';
import { createWriteStream, mkdirSync, mkdtempSync, type WriteStream } from 'node:fs';
import { mkdir, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

import {
  deliveryStreamNameExpectation,
  deliveryStreamNamePattern,
} from '../../../lambda/contract/firehose-limits.ts';
import { compileObjectName, type ObjectName, type ObjectNameSettings } from './object-name.ts';

/** A delivery stream, as much of its ExtendedS3DestinationConfiguration as has an effect on this machine. */
export interface DeliveryStreamSettings extends ObjectNameSettings {
  /** Name of the bucket, here a directory: letters, digits, dots and hyphens. */
  readonly bucketName: string;
  /** Longest time from the first record of an object to its delivery, in seconds. AWS: 0 to 900; here any fraction too. */
  readonly bufferingIntervalSeconds: number;
  /** Bytes of record data, before compression, after which an object is delivered, in MiB. AWS: 1 to 128; here any fraction too. */
  readonly bufferingSizeMiB: number;
  /** Whether clients are told that the stream is encrypted at rest. Files on this machine never are. */
  readonly encrypted: boolean;
}

/** The world around a delivery stream. */
export interface DeliveryStreamOptions {
  /** Where the objects go: `<directory>/<bucketName>/<key>`. Made when needed. */
  readonly directory: string;
  /** The clock for the objects' names, in milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
  /** The randomness for the objects' names. @default crypto.randomUUID */
  readonly newUuid?: () => string;
}

/** What a delivery stream has done so far. */
export interface DeliveryStreamTotals {
  /** Records taken, whether delivered or still buffered. */
  readonly records: number;
  /** Their data, in bytes. */
  readonly recordBytes: number;
  /** Keys of the objects delivered, in the order of their delivery. */
  readonly keys: readonly string[];
  /** Size of these objects on disk, compressed if the stream compresses, in bytes. */
  readonly objectBytes: number;
}

/**
 * Most record data that waits in memory for gzip and the disk, in bytes, before a `put` waits as well: 8 MiB. It is enough
 * to keep both busy, and small beside the requests that a producer has in flight.
 */
export const maxUnwrittenBytes = 8 * 1024 * 1024;

// Level 1 with a 4 KiB window: on UUID events 130 MiB/s a core, against 100 with the standard 32 KiB window and 73 at gzip's
// own level 6, for objects of the same size (21 bytes an event). Other producers' objects may come out larger than in AWS; any
// gunzip reads them. A chunk holds what a usual request compresses to, because between two chunks gzip waits for a turn of the
// busy main thread: with chunks of 64 KiB the server takes 88 MiB/s, with these 146.
const gzipOptions = { level: 1, windowBits: 12, chunkSize: 1024 * 1024 } as const;

/** One object on its way: a file that grows in `.uploads` until it moves to its place. */
interface Upload {
  readonly arrivalTime: Date;
  readonly path: string;
  readonly file: WriteStream;
  /** Where record data goes in: the file itself, or the gzip stream before it. */
  readonly input: Writable;
  /** Settles when the whole of the input is in the file. */
  readonly written: Promise<void>;
  readonly timer: NodeJS.Timeout;
  recordBytes: number;
}

/**
 * One delivery stream: takes records and leaves objects in a directory.
 *
 * An object holds the data of its records in the order of their arrival and nothing else, and the records of one `put` stay
 * together. It is delivered when it holds `bufferingSizeMiB` of record data, when its first record is
 * `bufferingIntervalSeconds` old, or by `flush`. Until then it is a file in a folder of the stream's own below
 * `<directory>/.uploads`, and it moves into the bucket by one rename, so a bucket never shows part of an object.
 * `close` removes the folder.
 *
 * Records are compressed and written as they come, not when the buffer is full: memory does not depend on
 * `bufferingSizeMiB`, and gzip works on the thread pool, a second core, while the server reads the next request.
 */
export class DeliveryStream {
  /** The settings it was made with. */
  readonly settings: DeliveryStreamSettings;
  /** When it was made: `CreateTimestamp` in DescribeDeliveryStream. */
  readonly createdAt: Date;

  readonly #directory: string;
  readonly #now: () => number;
  readonly #newUuid: () => string;
  readonly #objectName: ObjectName;
  readonly #keys: string[] = [];
  readonly #deliveries = new Set<Promise<void>>();
  #upload: Upload | undefined;
  #uploadsDirectory: string | undefined;
  #records = 0;
  #recordBytes = 0;
  #objectBytes = 0;
  #unwrittenBytes = 0;
  #closed = false;
  #failure: unknown;
  #waiting: (() => void)[] = [];

  /**
   * @throws PrefixError for a prefix that this Firehose cannot evaluate.
   * @throws RangeError for a name or a buffering hint out of bounds.
   */
  constructor(settings: DeliveryStreamSettings, options: DeliveryStreamOptions) {
    checkSettings(settings);
    this.settings = settings;
    this.#directory = options.directory;
    this.#now = options.now ?? Date.now;
    this.#newUuid = options.newUuid ?? randomUUID;
    this.#objectName = compileObjectName(settings);
    this.createdAt = new Date(this.#now());
  }

  /** What it has done so far. */
  get totals(): DeliveryStreamTotals {
    return {
      records: this.#records,
      recordBytes: this.#recordBytes,
      keys: this.#keys,
      objectBytes: this.#objectBytes,
    };
  }

  /** Record data that neither gzip nor the disk has taken yet, in bytes: under {@link maxUnwrittenBytes} when a `put` returns. */
  get unwrittenBytes(): number {
    return this.#unwrittenBytes;
  }

  /**
   * Takes the records of one request.
   *
   * Returns when the data that waits in memory is under {@link maxUnwrittenBytes}: a producer that waits for its responses
   * cannot run ahead of the disk by more than that and its own requests in flight.
   *
   * @param records data of each record; the caller does not touch it afterwards.
   * @throws when the stream is closed, or when an object could not be written, now or earlier.
   */
  async put(records: readonly Buffer[]): Promise<void> {
    if (this.#closed) {
      throw new Error(`Delivery stream ${this.settings.deliveryStreamName} is closed`);
    }
    this.#throwFailure();
    const data = records.length === 1 ? records[0]! : Buffer.concat(records);
    // From here to the roll nothing waits, so requests cannot interleave.
    this.#upload ??= this.#startUpload();
    const upload = this.#upload;
    this.#records += records.length;
    this.#recordBytes += data.length;
    this.#unwrittenBytes += data.length;
    upload.recordBytes += data.length;
    upload.input.write(data, (error) => {
      this.#unwrittenBytes -= data.length;
      if (error) {
        this.#fail(error);
      }
      if (this.#unwrittenBytes < maxUnwrittenBytes) {
        this.#wakeWaiting();
      }
    });
    if (upload.recordBytes >= this.settings.bufferingSizeMiB * 1024 * 1024) {
      this.#deliver(upload);
    }

    while (this.#unwrittenBytes >= maxUnwrittenBytes && this.#failure === undefined) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#throwFailure();
  }

  /**
   * Delivers what is buffered, without waiting for size or time. Returns when every object is in its place.
   *
   * @throws when an object could not be written.
   */
  async flush(): Promise<void> {
    if (this.#upload !== undefined) {
      this.#deliver(this.#upload);
    }
    await Promise.all(this.#deliveries);
    this.#throwFailure();
  }

  /** Takes no more records, and delivers what is buffered. @throws as `flush`. */
  async close(): Promise<void> {
    this.#closed = true;
    try {
      await this.flush();
    } finally {
      await this.#removeUploads();
    }
  }

  #startUpload(): Upload {
    const path = join(this.#makeUploads(), this.#newUuid());
    const file = createWriteStream(path);
    const gzip = this.settings.compression === 'GZIP' ? createGzip(gzipOptions) : undefined;
    const written = gzip === undefined ? finished(file) : pipeline(gzip, file);
    written.catch((error) => this.#fail(error, path));
    const upload: Upload = {
      arrivalTime: new Date(this.#now()),
      path,
      file,
      input: gzip ?? file,
      written,
      timer: setTimeout(() => this.#deliver(upload), this.settings.bufferingIntervalSeconds * 1000),
      recordBytes: 0,
    };
    return upload;
  }

  // Synchronous, so that put takes its records before it waits for anything.
  #makeUploads(): string {
    const uploads = join(this.#directory, '.uploads');
    if (this.#uploadsDirectory === undefined) {
      mkdirSync(uploads, { recursive: true });
      this.#uploadsDirectory = mkdtempSync(join(uploads, `${process.pid}-`));
    }
    return this.#uploadsDirectory;
  }

  async #removeUploads(): Promise<void> {
    if (this.#uploadsDirectory === undefined) {
      return;
    }
    await rm(this.#uploadsDirectory, { recursive: true, force: true });
    this.#uploadsDirectory = undefined;
    // Another process may have a folder of its own there.
    await rmdir(join(this.#directory, '.uploads')).catch(() => {});
  }

  #deliver(upload: Upload): void {
    clearTimeout(upload.timer);
    if (this.#upload === upload) {
      this.#upload = undefined;
    }
    upload.input.end();
    const delivery = this.#moveToBucket(upload)
      .catch((error) => this.#fail(error, upload.path))
      .finally(() => this.#deliveries.delete(delivery));
    this.#deliveries.add(delivery);
  }

  async #moveToBucket(upload: Upload): Promise<void> {
    await upload.written;
    const key = this.#objectName(upload.arrivalTime, this.#newUuid);
    const path = join(this.#directory, this.settings.bucketName, key);
    await mkdir(dirname(path), { recursive: true });
    await rename(upload.path, path);
    this.#keys.push(key);
    this.#objectBytes += upload.file.bytesWritten;
  }

  // Records that were acknowledged are gone now, so the stream says so to whoever calls next, and never works again.
  async #fail(error: unknown, path?: string): Promise<void> {
    this.#failure ??= error;
    clearTimeout(this.#upload?.timer);
    this.#upload = undefined;
    this.#wakeWaiting();
    if (path !== undefined) {
      await rm(path, { force: true }).catch(() => {});
    }
  }

  #throwFailure(): void {
    if (this.#failure === undefined) {
      return;
    }
    throw new Error(
      `Delivery stream ${this.settings.deliveryStreamName} could not write an object to ${this.#directory}: ${String(this.#failure)}`,
      { cause: this.#failure },
    );
  }

  #wakeWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) {
      wake();
    }
  }
}

function checkSettings(settings: DeliveryStreamSettings): void {
  const { deliveryStreamName, bucketName, bufferingIntervalSeconds, bufferingSizeMiB, fileExtension } =
    settings;
  if (!deliveryStreamNamePattern.test(deliveryStreamName)) {
    throw new RangeError(
      `deliveryStreamName is ${JSON.stringify(deliveryStreamName)}: expected ${deliveryStreamNameExpectation}`,
    );
  }
  // Also what keeps the objects inside the directory.
  if (!/^[a-zA-Z0-9][a-zA-Z0-9.-]*$/.test(bucketName)) {
    throw new RangeError(
      `bucketName must be letters, digits, "." or "-", a letter or digit first: ${JSON.stringify(bucketName)}`,
    );
  }
  if (!(bufferingIntervalSeconds >= 0 && bufferingIntervalSeconds <= 900)) {
    throw new RangeError(`bufferingIntervalSeconds must be 0 to 900: ${bufferingIntervalSeconds}`);
  }
  if (!(bufferingSizeMiB > 0 && bufferingSizeMiB <= 128)) {
    throw new RangeError(`bufferingSizeMiB must be more than 0 and at most 128: ${bufferingSizeMiB}`);
  }
  // AWS's own pattern for FileExtension.
  if (fileExtension && !/^\.[0-9a-z!\-_.*'()]+$/.test(fileExtension)) {
    throw new RangeError(
      `fileExtension must be a dot and then lower-case letters, digits or !-_.*'(): ${JSON.stringify(fileExtension)}`,
    );
  }
}
