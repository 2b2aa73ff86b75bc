const canonical = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Ids come from the wire too: one that is no UUID as we write them is the id of nothing here, and must not fail its whole batch. */
export function isInstanceId(id: string): boolean {
  return canonical.test(id);
}

/** For `any(string_to_array($1, ',')::uuid[])`. What is no id is left out. */
export function uuidList(ids: readonly string[]): string {
  return ids.filter(isInstanceId).join(',');
}
