import assert from 'node:assert/strict';
import type { QuarantinedRecord } from '../../exchange/quarantined-record.js';
import { quarantineRows, type SagaStoreCase } from './saga-store-subject.js';

export function record(given: Partial<QuarantinedRecord> = {}): QuarantinedRecord {
  return { topic: 'shop.replies', partition: 3, offset: '17', reason: 'not JSON', head: '{"half":', ...given };
}

export const evidenceCases: readonly SagaStoreCase[] = [
  {
    name: 'makes one identity and one token key, whoever asks first',
    async run(stage) {
      const answers = await Promise.all(Array.from({ length: 10 }, () => stage.store.installation()));
      const [first] = answers;
      assert.ok(first !== undefined);
      assert.match(first.id, /^[0-9a-f-]{36}$/);
      assert.match(first.tokenKey.secret, /^[0-9a-f]{64}$/);
      for (const answer of answers) assert.deepEqual(answer, first);
      assert.deepEqual(await stage.store.installation(), first);
    },
  },
  {
    name: 'counts discards by saga, step and reason, however they come',
    async run(stage) {
      const late = { sagaId: 's-1', step: 'reserve', reason: 'stale', count: 1 };
      await stage.store.countDiscards([late, { ...late, step: 'pay' }, { ...late, count: 2 }]);
      await Promise.all([
        stage.store.countDiscards([late, { ...late, step: '' }]),
        stage.store.countDiscards([{ ...late, step: '' }, late]),
      ]);
      const counted = (await stage.discards()).map(
        ({ sagaId, step, reason, count }) => `${sagaId}/${step}/${reason} ${count}`,
      );
      assert.deepEqual([...counted].sort(), ['s-1//stale 2', 's-1/pay/stale 1', 's-1/reserve/stale 5']);
    },
  },
  {
    name: 'counts discards under names that could not be stored',
    async run(stage) {
      const hostile = { sagaId: '\0\u001e', step: '\ud800'.repeat(3_000), reason: 'stale', count: 1 };
      await stage.store.countDiscards([hostile, hostile]);
      assert.deepEqual(
        (await stage.discards()).map(({ count }) => count),
        [2],
      );
    },
  },
  {
    name: 'keeps what it could not understand, as far as it can be stored',
    async run(stage) {
      await stage.store.quarantine([record(), record({ topic: '', offset: '', head: '', reason: '' })]);
      await stage.store.quarantine([record({ head: `\0\ud800\u001e${'ü'.repeat(5_000)}`, reason: 'x\0' })]);
      const [plain, empty, hostile, ...others] = await stage.quarantined();
      assert.deepEqual([plain, empty, others], [record(), record({ topic: '', offset: '', head: '', reason: '' }), []]);
      assert.ok(hostile !== undefined);
      assert.ok(hostile.head.startsWith('\ufffd\ufffd\u001eü'));
      assert.ok(Buffer.byteLength(hostile.head) <= 4_096);
      assert.equal(hostile.reason, 'x\ufffd');
    },
  },
  {
    name: 'drops the oldest where too much is quarantined',
    async run(stage) {
      const offsets = Array.from({ length: quarantineRows * 2 }, (_, place) => String(place));
      for (const offset of offsets) await stage.store.quarantine([record({ offset })]);
      const kept = () => stage.quarantined().then((records) => records.map(({ offset }) => offset));
      assert.deepEqual(await kept(), offsets.slice(-quarantineRows));
      await stage.store.quarantine(offsets.map((offset) => record({ offset: `b${offset}` })));
      assert.deepEqual(
        await kept(),
        offsets.slice(-quarantineRows).map((offset) => `b${offset}`),
      );
    },
  },
  {
    name: 'tells failures of the database from those of the code',
    async run(stage) {
      const { classify } = stage.store;
      const state = (code: string) => Object.assign(new Error('from the server'), { code, severity: 'ERROR' });
      for (const code of ['57P01', '08006', '53300', '55P03'])
        assert.equal(classify(state(code)), 'infrastructure', code);
      for (const code of ['40001', '40P01']) assert.equal(classify(state(code)), 'conflict', code);
      assert.equal(classify(state('22P05')), 'poison');
      for (const error of [state('23505'), state('23514'), new TypeError('x'), 'text', undefined])
        assert.equal(classify(error), 'other');
      assert.equal(classify(new Error('the step failed', { cause: state('40P01') })), 'conflict');
    },
  },
];
