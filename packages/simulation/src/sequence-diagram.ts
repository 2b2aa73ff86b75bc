import type { Happening } from './history.js';

/** What relays and pollers do while nothing is to be done would drown the rest. */
const idle = new Set(['begin', 'commit', 'due', 'committed', 'liveHashes', 'liveBeyond', 'makes topics', 'mailbox']);

/** A run as a Mermaid sequence diagram: processes and topics as lanes. */
export function sequenceDiagram(happenings: readonly Happening[]): string {
  const told = happenings.filter(({ what }) => !idle.has(what));
  const lanes = [...new Set(told.flatMap(({ who, what }) => [laneOf(who), ...topicOf(what)]))];
  const names = new Map(lanes.map((lane, index) => [lane, `L${index}`]));
  const declared = lanes.map((lane) => `  participant ${names.get(lane)} as ${lane}`);
  return ['sequenceDiagram', ...declared, ...told.map((each) => `  ${lineOf(each, names)}`)].join('\n');
}

/** Incarnations of one process share a lane. */
function laneOf(who: string): string {
  return who.split('#')[0] ?? who;
}

function topicOf(what: string): readonly string[] {
  const found = /^(?:sends \d+ to|takes \d+ of|acknowledges) (.+)$/.exec(what)?.[1];
  return found === undefined ? [] : [found];
}

function lineOf({ atMs, who, what }: Happening, names: ReadonlyMap<string, string>): string {
  const lane = names.get(laneOf(who)) ?? '';
  const topic = names.get(topicOf(what)[0] ?? '');
  const text = `${atMs} ms ${what.replaceAll(/[;#:]/g, ' ').slice(0, 120)}`;
  if (topic === undefined) return `Note over ${lane}: ${text}`;
  return what.startsWith('sends') ? `${lane}->>${topic}: ${text}` : `${topic}->>${lane}: ${text}`;
}
