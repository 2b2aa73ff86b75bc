import { maxBodyBytes } from './http-response.js';

/** Collects chunks up to the limit. */
export class CollectedBody {
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  /** False where the body became too large; then nothing is kept. */
  add(chunk: unknown, encoding?: unknown): boolean {
    const piece =
      typeof chunk === 'string'
        ? Buffer.from(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8')
        : Buffer.from(chunk as Uint8Array);
    this.#bytes += piece.length;
    if (this.#bytes <= maxBodyBytes) this.#chunks.push(piece);
    else this.#chunks.length = 0;
    return this.#bytes <= maxBodyBytes;
  }

  /** The text where it is UTF-8 to the byte, the bytes where it is not, undefined where there are none. */
  value(): string | Uint8Array | undefined {
    if (this.#bytes === 0) return undefined;
    const bytes = Buffer.concat(this.#chunks);
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      return bytes;
    }
  }
}
