/** The content of an object cannot be read to its end; the message says why. */
export class CorruptObjectError extends Error {
  override readonly name = 'CorruptObjectError';
}

/** Where gzip is damaged. */
export interface Damage {
  /** The layer whose bytes are damaged: 0 is the object itself, 1 what its gzip members hold. */
  readonly layer: number;
  /** Where in that layer the piece begins that cannot be decompressed. */
  readonly offset: number;
}

/** An object has {@link Damage}. To have all that is before it, read the object once more with that in mind. */
export class DamagedPieceError extends CorruptObjectError {
  /** Where it is. */
  readonly damage: Damage;

  constructor(message: string, damage: Damage, options?: ErrorOptions) {
    super(message, options);
    this.damage = damage;
  }
}
