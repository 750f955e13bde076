/** Base of the errors that a function raises on purpose. `name` is what Lambda shows as `errorType`. */
export class FunctionError extends Error {
  // A class field, because the bundle is minified: `constructor.name` would be a single letter there.
  override readonly name: string = 'FunctionError';
}

export class InvalidEnvironmentError extends FunctionError {
  override readonly name = 'InvalidEnvironmentError';
}
