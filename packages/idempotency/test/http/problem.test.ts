import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { problem, type Refusal } from '../../src/http/problem.js';

it.each<[Refusal, number, string]>([
  [{ kind: 'missing' }, 400, 'idempotency-key-missing'],
  [{ kind: 'invalid', reason: 'it is too long' }, 400, 'idempotency-key-invalid'],
  [{ kind: 'in-flight' }, 409, 'idempotency-key-in-flight'],
  [{ kind: 'reused' }, 422, 'idempotency-key-reused'],
])('says of %j its status, and its type under the given base', (refusal, status, type) => {
  const response = problem(refusal, 'urn:shop:');
  expect(response.status).toBe(status);
  expect(response.headers?.['content-type']).toBe('application/problem+json');
  expect(JSON.parse(String(response.body))).toMatchObject({ type: `urn:shop:${type}`, status });
});

it.each(['missing', 'invalid', 'in-flight', 'reused'])('documents the type of "%s"', async (kind) => {
  const page = await readFile(new URL('../../../../docs/reference/problems.md', import.meta.url), 'utf8');
  const { type } = JSON.parse(String(problem({ kind, reason: '' } as Refusal, '').body)) as { readonly type: string };
  expect(page).toContain(`\n## ${type}\n`);
});
