import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { targets } from '../../../lambda/contract/targets.ts';
import { compileObjectName, type ObjectName, type ObjectNameSettings } from './object-name.ts';
import { deliverUpload, Upload } from './upload.ts';
import { journalExtension, makeUploadsFolder, removeUploadsFolder } from './uploads-folder.ts';

/** The ExtendedS3DestinationConfiguration of a stream, as far as it has an effect on this machine. */
export interface DeliveryStreamSettings extends ObjectNameSettings {
  /** Name of the bucket, here a directory: letters, digits, dots and hyphens. */
  readonly bucketName: string;
  /** Longest time from the first record of an object to its delivery, in seconds. AWS: 0 to 900; here any fraction too. */
  readonly bufferingIntervalSeconds: number;
  /** Record data, before compression, after which an object is delivered, in MiB. AWS: 1 to 128; here any fraction too. */
  readonly bufferingSizeMiB: number;
  /** Whether responses say that the stream is encrypted at rest. Files on this machine never are. */
  readonly encrypted: boolean;
  /** Whether there is a line break between records: the processor `AppendDelimiterToRecord`. @default false */
  readonly appendDelimiter?: boolean;
}

export interface DeliveryStreamOptions {
  /** Directory of the buckets: `<directory>/<bucketName>/<key>`. Made when needed. */
  readonly directory: string;
  /** The clock of the objects' names, in milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
  /** @default crypto.randomUUID */
  readonly newUuid?: () => string;
  /** Changes each record before it is buffered, as a transform Lambda does. @default - records stay as they are */
  readonly transform?: (record: Buffer) => Buffer;
  /** Resolves when the bucket accepts objects; until then the stream keeps them. @default - it always does */
  readonly canWrite?: () => Promise<unknown>;
  /** Called once, when an object could not be written: on a full disk, for example. */
  readonly onFailure?: (failure: Error) => void;
}

export interface DeliveryStreamTotals {
  /** Records taken, delivered or buffered. */
  readonly records: number;
  readonly recordBytes: number;
  /** Keys of the delivered objects, in order. */
  readonly keys: readonly string[];
  /** Size of these objects on disk. */
  readonly objectBytes: number;
}

const delimiter = Buffer.from('\n');

/** Upper bound of objects that are made of their journals at the same time; then a `put` waits for one of them. */
export const maxUnfinishedObjects = 2;

/**
 * One delivery stream: takes records and leaves objects in a directory.
 *
 * An object holds the data of its records in the order of their arrival, with delimiters only if the settings say so. The
 * records of one `put` stay together. It is delivered when it holds `bufferingSizeMiB` of record data, when its first record is
 * `bufferingIntervalSeconds` old, or by `flush`. Until then its records are in a journal below `<directory>/.uploads`; the
 * object is made of that and moves into the bucket by one rename, so a bucket never shows part of an object. If the process is
 * killed, `deliverOrphans` of the next one does the same with the journals that are left.
 *
 * Memory does not depend on `bufferingSizeMiB`, and gzip works on the thread pool while the server reads the next requests.
 */
export class DeliveryStream {
  readonly settings: DeliveryStreamSettings;
  /** `CreateTimestamp` in DescribeDeliveryStream. */
  readonly createdAt: Date;

  readonly #options: Required<Omit<DeliveryStreamOptions, 'transform'>> & DeliveryStreamOptions;
  readonly #objectName: ObjectName;
  readonly #totals = { records: 0, recordBytes: 0, keys: [] as string[], objectBytes: 0 };
  readonly #deliveries = new Set<Promise<void>>();
  #upload: Upload | undefined;
  #timer: NodeJS.Timeout | undefined;
  #uploadsFolder: string | undefined;
  readonly #unfinished = new Set<Upload>();
  #closed = false;
  #failure: Error | undefined;
  readonly #waiting: (() => void)[] = [];

  /**
   * @throws PrefixError for a prefix that this Firehose cannot evaluate.
   * @throws RangeError for a name or a buffering hint out of bounds.
   */
  constructor(settings: DeliveryStreamSettings, options: DeliveryStreamOptions) {
    checkSettings(settings);
    this.settings = settings;
    const canWrite = () => Promise.resolve();
    this.#options = { now: Date.now, newUuid: randomUUID, canWrite, onFailure: () => {}, ...options };
    this.#objectName = compileObjectName(settings);
    this.createdAt = new Date(this.#options.now());
  }

  get totals(): DeliveryStreamTotals {
    return this.#totals;
  }

  /** Objects that are being made of their journals. */
  get unfinishedObjects(): number {
    return this.#unfinished.size;
  }

  /**
   * Takes the records of one request. When it returns they outlive this process, even if that is killed.
   *
   * It waits while {@link maxUnfinishedObjects} are being made: a producer that waits for its responses cannot get ahead of
   * gzip by more than these and the object that grows.
   *
   * @throws when the stream is closed, or when an object could not be written, now or earlier.
   */
  async put(records: readonly Buffer[]): Promise<void> {
    if (this.#closed) {
      throw new Error(`Delivery stream ${this.settings.deliveryStreamName} is closed`);
    }
    this.#throwFailure();
    const data = this.#join(records);
    // Nothing waits from here to the delivery, so requests cannot interleave.
    const upload = this.#append(data);
    this.#totals.records += records.length;
    this.#totals.recordBytes += data.length;
    if (upload.recordBytes >= this.settings.bufferingSizeMiB * 1024 * 1024) {
      this.#deliver(upload);
    }

    while (this.#unfinished.size >= maxUnfinishedObjects && this.#failure === undefined) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#throwFailure();
  }

  /**
   * Delivers the buffered records now. Returns when every object is in its bucket.
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

  /** Takes no more records, and delivers the buffered ones. @throws as `flush`. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.flush();
    if (this.#uploadsFolder !== undefined) {
      await removeUploadsFolder(this.#uploadsFolder);
      this.#uploadsFolder = undefined;
    }
  }

  /** The data of a request, processed. */
  #join(records: readonly Buffer[]): Buffer {
    const { transform } = this.#options;
    const processed = transform ? records.map(transform) : records;
    const isDelimited = (place: number) => place > 0 || this.#upload !== undefined;
    const parts = this.settings.appendDelimiter
      ? processed.flatMap((record, place) => (isDelimited(place) ? [delimiter, record] : [record]))
      : processed;
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  }

  #append(data: Buffer): Upload {
    try {
      this.#upload ??= this.#startUpload();
      this.#upload.append(data);
      return this.#upload;
    } catch (error) {
      this.#fail(error);
      throw this.#failure;
    }
  }

  #startUpload(): Upload {
    const { bucketName, compression } = this.settings;
    const { directory, now, newUuid } = this.#options;
    this.#uploadsFolder ??= makeUploadsFolder(directory);
    const key = this.#objectName(new Date(now()), newUuid);
    const path = join(this.#uploadsFolder, newUuid() + journalExtension);
    const upload = new Upload(path, { bucketName, compression, key });
    this.#timer = setTimeout(() => this.#deliver(upload), this.settings.bufferingIntervalSeconds * 1000);
    return upload;
  }

  #deliver(upload: Upload): void {
    clearTimeout(this.#timer);
    this.#upload = undefined;
    upload.close();
    this.#unfinished.add(upload);
    const finish = () => {
      this.#unfinished.delete(upload);
      this.#wakeWaiting();
    };
    const canWrite = () => {
      finish();
      return this.#options.canWrite();
    };
    const delivery = deliverUpload(upload.path, this.#options.directory, canWrite)
      .then((object) => {
        this.#totals.keys.push(...(object ? [object.key] : []));
        this.#totals.objectBytes += object?.bytes ?? 0;
      })
      .catch((error) => this.#fail(error))
      .finally(() => {
        finish();
        this.#deliveries.delete(delivery);
      });
    this.#deliveries.add(delivery);
  }

  /** The next calls throw the failure, and the stream takes no more records. Acknowledged records stay in their journals. */
  #fail(error: unknown): void {
    if (this.#failure === undefined) {
      const { directory, onFailure } = this.#options;
      const what = `Delivery stream ${this.settings.deliveryStreamName} could not write an object to ${directory}`;
      this.#failure = new Error(`${what}: ${(error as Error).message}`, { cause: error });
      onFailure(this.#failure);
    }
    clearTimeout(this.#timer);
    this.#upload = undefined;
    this.#wakeWaiting();
  }

  #throwFailure(): void {
    if (this.#failure) {
      throw this.#failure;
    }
  }

  #wakeWaiting(): void {
    for (const wake of this.#waiting.splice(0)) {
      wake();
    }
  }
}

function checkSettings(settings: DeliveryStreamSettings): void {
  const check = (isValid: boolean, name: keyof DeliveryStreamSettings, expectation: string) => {
    if (!isValid) {
      throw new RangeError(`${name} is ${JSON.stringify(settings[name])}: expected ${expectation}`);
    }
  };
  const { deliveryStreamName, bucketName, bufferingIntervalSeconds, bufferingSizeMiB } = settings;
  check(
    targets.firehose.streamNamePattern.test(deliveryStreamName),
    'deliveryStreamName',
    `${targets.firehose.streamNameExpectation}, for example my-stream`,
  );
  // This also keeps the objects inside the directory.
  const isBucketName = /^[a-zA-Z0-9][a-zA-Z0-9.-]*$/.test(bucketName);
  check(isBucketName, 'bucketName', 'letters, digits, "." or "-", a letter or digit first');
  const isInterval = bufferingIntervalSeconds >= 0 && bufferingIntervalSeconds <= 900;
  check(isInterval, 'bufferingIntervalSeconds', '0 to 900');
  const isSize = bufferingSizeMiB > 0 && bufferingSizeMiB <= 128;
  check(isSize, 'bufferingSizeMiB', 'more than 0 and at most 128');
  // AWS's own pattern for FileExtension.
  const isExtension = !settings.fileExtension || /^\.[0-9a-z!\-_.*'()]+$/.test(settings.fileExtension);
  check(isExtension, 'fileExtension', "a dot and then lower-case letters, digits or !-_.*'()");
}
