const seed = 0x9747b28c;
const multiplier = 0x5bd1e995;

/**
 * The partition of a key as Kafka's own clients choose it: murmur2 of the UTF-8 bytes, sign bit cleared, modulo the count.
 * The same key thus falls on the same partition here and there.
 */
export function partitionOf(key: string, partitions: number): number {
  return (murmur2(Buffer.from(key, 'utf8')) & 0x7fffffff) % partitions;
}

/** Austin Appleby's MurmurHash2, 32 bits, with the seed that Kafka uses. Answers a signed integer. */
export function murmur2(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const whole = bytes.length & ~3;
  let hash = seed ^ bytes.length;
  for (let at = 0; at < whole; at += 4) {
    let word = Math.imul(view.getInt32(at, true), multiplier);
    word = Math.imul(word ^ (word >>> 24), multiplier);
    hash = Math.imul(hash, multiplier) ^ word;
  }
  const left = bytes.length - whole;
  if (left > 0) {
    let tail = 0;
    for (let at = left - 1; at >= 0; at--) tail = (tail << 8) | view.getUint8(whole + at);
    hash = Math.imul(hash ^ tail, multiplier);
  }
  hash = Math.imul(hash ^ (hash >>> 13), multiplier);
  return hash ^ (hash >>> 15);
}
