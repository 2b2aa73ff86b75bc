import { PostgresError } from './errors.js';

/** How one column's text becomes a value. */
export type TypeParser = (text: string) => unknown;

const itself: TypeParser = (text) => text;
const bool: TypeParser = (text) => text === 't';
const json: TypeParser = (text) => JSON.parse(text) as unknown;
const bytes: TypeParser = (text) => Buffer.from(text.slice('\\x'.length), 'hex');
/** Whole seconds of offset exist in old zones only (`+00:19:32`); Date cannot read them, and no time that we store has them. */
const isoTime = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)([+-]\d\d)(:\d\d)?$/;

function time(text: string): Date | number {
  if (text === 'infinity') return Number.POSITIVE_INFINITY;
  if (text === '-infinity') return Number.NEGATIVE_INFINITY;
  const [, date, clock, hours, minutes = ':00'] = isoTime.exec(text) ?? [];
  if (date === undefined) {
    throw new PostgresError('RESULT_UNREADABLE', 'Postgres sent a time in a form that is not ISO.', {
      fields: { text },
      hint: "Set the role's or the database's datestyle to ISO.",
    });
  }
  return new Date(`${date}T${clock}${hours}${minutes}`);
}

/** Elements stand between commas, quoted where they need it; an unquoted NULL is null. One dimension: we have no use for more. */
function array(element: TypeParser): TypeParser {
  const item = /"((?:[^"\\]|\\.)*)"|([^,{}]+)/gs;
  return (text) =>
    Array.from(text.slice(1, -1).matchAll(item), ([, quoted, plain]) => {
      if (quoted !== undefined) return element(quoted.replace(/\\(.)/gs, '$1'));
      return plain === 'NULL' ? null : element(plain ?? '');
    });
}

/** By type's oid; what is not here stays text, as `bigint` and `numeric` do, which a number cannot hold. */
const parsers: ReadonlyMap<number, TypeParser> = new Map([
  [16, bool],
  [17, bytes],
  [21, Number],
  [23, Number],
  [26, Number],
  [700, Number],
  [701, Number],
  [114, json],
  [3802, json],
  [1184, time],
  [1000, array(bool)],
  [1005, array(Number)],
  [1007, array(Number)],
  [1016, array(itself)],
  [1009, array(itself)],
  [1015, array(itself)],
  [2951, array(itself)],
  [1185, array(time)],
]);

/**
 * Our own parsers for our own statements: `pg.types.setTypeParser` is global, and applications that have bigint made numbers or times made
 * strings there are common. What they chose must not change what the library reads.
 */
export function typeParser(oid: number): TypeParser {
  return parsers.get(oid) ?? itself;
}
