import { maxBodyBytes } from './http-response.js';

/** Collects chunks up to the limit, and reads them as UTF-8. */
export class CollectedBody {
  readonly #chunks: Buffer[] = [];
  bytes = 0;

  /** False where the body became too large; then nothing is kept. */
  add(chunk: unknown, encoding: unknown): boolean {
    const piece =
      typeof chunk === 'string'
        ? Buffer.from(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8')
        : Buffer.from(chunk as Uint8Array);
    this.bytes += piece.length;
    if (this.bytes <= maxBodyBytes) this.#chunks.push(piece);
    else this.#chunks.length = 0;
    return this.bytes <= maxBodyBytes;
  }

  /** Undefined where it is not UTF-8. */
  text(): string | undefined {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(this.#chunks));
    } catch {
      return undefined;
    }
  }
}
