import type { NewOutboxRow } from '@backstitch/outbox';

const mostRows = 64;
/** A server may refuse packets above 4 MiB (`max_allowed_packet`), and one payload may have 1 MiB. */
const mostBytes = 2 * 1024 * 1024;

/**
 * Rows in their order, in pieces for one statement each. Their lengths are powers of two, so that few texts have to be prepared on each
 * connection.
 */
export function insertChunks<Row extends Pick<NewOutboxRow, 'payload'>>(
  rows: readonly Row[],
): readonly (readonly Row[])[] {
  const chunks: (readonly Row[])[] = [];
  for (let at = 0; at < rows.length; ) {
    let size = mostRows;
    while (size > 1 && (size > rows.length - at || bytesOf(rows.slice(at, at + size)) > mostBytes)) size /= 2;
    chunks.push(rows.slice(at, at + size));
    at += size;
  }
  return chunks;
}

function bytesOf(rows: readonly Pick<NewOutboxRow, 'payload'>[]): number {
  return rows.reduce((sum, { payload }) => sum + Buffer.byteLength(payload), 0);
}
