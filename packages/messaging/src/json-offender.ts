import { jsonPointer } from './json-pointer.js';

/** What keeps a value from being stored and sent as JSON, and where. */
export type JsonOffender =
  | { readonly kind: 'deep'; readonly path: string }
  | { readonly kind: 'not-json'; readonly path: string; readonly found: string; readonly hint: string }
  | {
      readonly kind: 'text';
      readonly path: string;
      readonly found: 'NUL' | 'lone surrogate';
      readonly in: 'key' | 'string';
    };

/** Evidence goes into logs and journals: a pointer of megabytes would not help there. */
const longestPointer = 256;
const loneSurrogate = /\p{Surrogate}/u;

/** The first offender in the order of JSON.stringify. Slow and exact: called where something is wrong or looks so. */
export function findJsonOffender(value: unknown, maxDepth: number): JsonOffender | undefined {
  const path: PropertyKey[] = [];
  const ancestors: object[] = [];

  const here = (): string => shortPointer(path);
  const notJson = (found: string, hint: string): JsonOffender => ({ kind: 'not-json', path: here(), found, hint });
  const inText = (text: string, where: 'key' | 'string'): JsonOffender | undefined => {
    if (text.includes('\0')) return { kind: 'text', path: here(), found: 'NUL', in: where };
    if (loneSurrogate.test(text)) return { kind: 'text', path: here(), found: 'lone surrogate', in: where };
    return undefined;
  };
  const child = (key: PropertyKey, item: unknown): JsonOffender | undefined => {
    path.push(key);
    const offender = (typeof key === 'string' ? inKey(key) : undefined) ?? visit(item);
    path.pop();
    return offender;
  };
  const inKey = (key: string): JsonOffender | undefined =>
    key === '__proto__'
      ? notJson('a key "__proto__"', 'Rename the key: it changes prototypes in careless code.')
      : inText(key, 'key');

  const inObject = (object: object): JsonOffender | undefined => {
    if (ancestors.includes(object)) return notJson('a cycle', 'Refer to the parent by an id.');
    if (ancestors.length >= maxDepth) return { kind: 'deep', path: here() };
    ancestors.push(object);
    let offender: JsonOffender | undefined;
    if (Array.isArray(object)) {
      for (let at = 0; at < object.length && !offender; at++) {
        path.push(at);
        if (object[at] === undefined)
          offender = notJson('undefined in an array', 'Use null: JSON would make it null silently.');
        path.pop();
        offender ??= child(at, object[at]);
      }
    } else {
      for (const [key, item] of Object.entries(object)) {
        if (item !== undefined) offender ??= child(key, item);
      }
    }
    ancestors.pop();
    return offender;
  };

  const visit = (item: unknown): JsonOffender | undefined => {
    switch (typeof item) {
      case 'string':
        return inText(item, 'string');
      case 'boolean':
        return undefined;
      case 'number':
        return Number.isFinite(item)
          ? undefined
          : notJson(String(item), 'JSON has no such number: use null or a string.');
      case 'bigint':
        return notJson('bigint', 'Convert it with toString().');
      case 'undefined':
        return notJson('undefined', 'Use null.');
      case 'function':
      case 'symbol':
        return notJson(typeof item, 'Leave it out: only data can be stored.');
      case 'object':
        if (item === null) return undefined;
        return isPlain(item) ? inObject(item) : notJson(`an instance of ${className(item)}`, hintFor(item));
    }
  };
  return visit(value);
}

/** A pointer that can itself be logged and stored, whatever the keys are. */
function shortPointer(path: readonly PropertyKey[]): string {
  const pointer = jsonPointer(path);
  const text = Buffer.from(pointer.slice(0, longestPointer)).toString().replaceAll('\0', '\ufffd');
  return pointer.length > longestPointer ? `${text}…` : text;
}

/** An array, or an object without a class. One realm's `Object.prototype` is not another's, but its prototype is always null. */
export function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}

function className(value: object): string {
  return value.constructor?.name || 'a class';
}

function hintFor(value: object): string {
  if (value instanceof Date) return 'Convert it with toISOString().';
  if (value instanceof Map || value instanceof Set) return 'Convert it to an array of its entries.';
  if (ArrayBuffer.isView(value)) return 'Convert it to a base64 string.';
  return 'Convert it to a plain object of its data.';
}
