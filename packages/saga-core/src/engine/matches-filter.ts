import { type CheckedFilter, smallLetters } from './instance-filter.js';
import type { InstanceView } from './instance-view.js';

/** What a filter looks at. */
export type FilteredInstance = Pick<
  InstanceView,
  | 'id'
  | 'saga'
  | 'version'
  | 'status'
  | 'paused'
  | 'startKey'
  | 'tags'
  | 'createdAt'
  | 'updatedAt'
  | 'parked'
  | 'failure'
>;

/** Whether an instance is among those that are meant, at the moment `now` of the store's clock. */
export function matchesFilter(instance: FilteredInstance, filter: CheckedFilter, now: number): boolean {
  const { statuses, paused, saga, version, tag, startKey } = filter;
  const { createdAfter, createdBefore, updatedBefore, idleForMs, text } = filter;
  return (
    (statuses === undefined || statuses.includes(instance.status)) &&
    (paused === undefined || instance.paused === paused) &&
    (saga === undefined || instance.saga === saga) &&
    (version === undefined || instance.version === version) &&
    (tag === undefined || (Object.hasOwn(instance.tags, tag.name) && instance.tags[tag.name] === tag.value)) &&
    (startKey === undefined || instance.startKey === startKey) &&
    (createdAfter === undefined || instance.createdAt >= createdAfter) &&
    (createdBefore === undefined || instance.createdAt < createdBefore) &&
    (updatedBefore === undefined || instance.updatedAt < updatedBefore) &&
    (idleForMs === undefined || instance.updatedAt <= now - idleForMs) &&
    (text === undefined || searchedTexts(instance).some((each) => smallLetters(each).includes(text)))
  );
}

function searchedTexts({ id, startKey, tags, parked, failure }: FilteredInstance): readonly string[] {
  return [
    id,
    ...(startKey === null ? [] : [startKey]),
    ...Object.values(tags),
    ...(parked === undefined ? [] : [parked.code, parked.message]),
    ...(failure === undefined ? [] : [failure.code, failure.message]),
  ];
}
