import type { CheckedFilter } from '../engine/instance-filter.js';
import type { Parameters } from './parameters.js';

/** Milliseconds as a time. */
export function timeParameter(ms: number, { bind }: Parameters): string {
  return `to_timestamp(${bind(ms)}::float8 / 1000)`;
}

/** A filter as conditions on a row `r` of the instances. */
export function instanceConditions(filter: CheckedFilter, given: Parameters): readonly string[] {
  const { bind } = given;
  const { statuses, paused, saga, version, tag, startKey, createdAfter, createdBefore } = filter;
  const { updatedBefore, idleForMs, text } = filter;
  return [
    ...(statuses === undefined ? [] : [`r.status = any(string_to_array(${bind(statuses.join(','))}, ','))`]),
    ...(paused === undefined ? [] : [paused ? 'r.paused' : 'not r.paused']),
    ...(saga === undefined ? [] : [`r.saga = ${bind(saga)}`]),
    ...(version === undefined ? [] : [`r.version = ${bind(version)}::integer`]),
    ...(tag === undefined ? [] : [`r.tags::jsonb ->> ${bind(tag.name)}::text = ${bind(tag.value)}`]),
    ...(startKey === undefined ? [] : [`r.start_key = ${bind(startKey)}`]),
    ...createdConditions('r', { createdAfter, createdBefore }, given),
    ...(updatedBefore === undefined ? [] : [`r.updated_at < ${timeParameter(updatedBefore, given)}`]),
    ...(idleForMs === undefined
      ? []
      : [`r.updated_at <= statement_timestamp() - ${bind(idleForMs)}::float8 * interval '1 millisecond'`]),
    ...(text === undefined ? [] : [`position(${bind(text)} in ${searchedText}) > 0`]),
  ];
}

export interface CreatedRange {
  readonly createdAfter: number | undefined;
  readonly createdBefore: number | undefined;
}

export function createdConditions(
  row: string,
  { createdAfter, createdBefore }: CreatedRange,
  given: Parameters,
): readonly string[] {
  return [
    ...(createdAfter === undefined ? [] : [`${row}.created_at >= ${timeParameter(createdAfter, given)}`]),
    ...(createdBefore === undefined ? [] : [`${row}.created_at < ${timeParameter(createdBefore, given)}`]),
  ];
}

// As `matchesFilter` has it. A state that holds what Postgres cannot unescape (U+0000, lone surrogates) is searched as it stands. Small letters
// are made of A to Z only: with another collation the server's locale would decide.
const searchedText = `
  lower(concat_ws(chr(31), r.id::text, r.start_key,
    case when r.tags <> '{}' then (select string_agg(t.value, chr(31)) from jsonb_each_text(r.tags::jsonb) t) end,
    case when position('"parked":' in r.state) = 0 and position('"failure":' in r.state) = 0 then null
         when r.state ~ '\\\\u(0000|d[89a-f])' then r.state
         else concat_ws(chr(31), r.state::json #>> '{parked,code}', r.state::json #>> '{parked,message}',
                        r.state::json #>> '{failure,code}', r.state::json #>> '{failure,message}') end) collate "C")`;
