import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Booking {
  readonly licencePlate: string;
  readonly idempotencyKey: string | undefined;
}

/** The other company: what a careful HTTP API does with keys, references and what comes too late. */
export interface RentalCompany {
  readonly url: string;
  /** The rentals that stand, by reference. */
  readonly rented: Map<string, Booking>;
  /** How many cars it has. */
  cars: number;
  /** It rents the car, and the answer is lost on its way. So many times. */
  answersLost: number;
  close(): Promise<void>;
}

export async function openRentalCompany(): Promise<RentalCompany> {
  const rented = new Map<string, Booking>();
  const cancelled = new Set<string>();
  const rent = (reference: string, idempotencyKey: string | undefined): Booking | undefined => {
    const known = rented.get(reference);
    if (known !== undefined && known.idempotencyKey === idempotencyKey) return known;
    // A reference that was cancelled is used up: a rental that comes after its cancellation is refused, as a fence of ours would.
    if (known !== undefined || cancelled.has(reference) || rented.size >= company.cars) return undefined;
    const booking = { licencePlate: `B-S ${rented.size + 1}`, idempotencyKey };
    rented.set(reference, booking);
    return booking;
  };
  const server = createServer(async (request, response) => {
    if (request.method === 'DELETE') {
      const reference = decodeURIComponent(request.url?.split('/').at(-1) ?? '');
      cancelled.add(reference);
      response.writeHead(rented.delete(reference) ? 204 : 404).end();
      return;
    }
    const { reference } = JSON.parse(await bodyOf(request)) as { reference: string };
    const booking = rent(reference, request.headers['idempotency-key']?.toString());
    if (booking === undefined) response.writeHead(409).end();
    else if (company.answersLost > 0) {
      company.answersLost -= 1;
      response.destroy();
    } else response.writeHead(201).end(JSON.stringify({ licencePlate: booking.licencePlate }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const company: RentalCompany = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    rented,
    cars: 10,
    answersLost: 0,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  return company;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
