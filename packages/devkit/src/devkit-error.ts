export type DevkitErrorCode =
  | 'DEVKIT_NO_POSTGRES'
  | 'DEVKIT_NO_KAFKA'
  | 'DEVKIT_NO_MYSQL'
  | 'DEVKIT_UNKNOWN_WAY'
  | 'DEVKIT_SERVER_DIED'
  | 'DEVKIT_SERVER_SILENT'
  | 'DEVKIT_COMMAND_FAILED'
  | 'DEVKIT_BINARIES_MISSING'
  | 'DEVKIT_OUTSIDE_VITEST';

export class DevkitError extends Error {
  readonly code: DevkitErrorCode;

  constructor(code: DevkitErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'DevkitError';
    this.code = code;
  }
}
