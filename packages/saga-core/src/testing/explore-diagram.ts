import type { SagaDefinition } from '../definition/step-definition.js';
import { type Line, note } from './explore-move.js';

/** A history as a sequence diagram in Mermaid's language, ending with what is wrong. */
export function diagramOf(definition: SagaDefinition, history: readonly (readonly Line[])[], wrong: string): string {
  const lines = [...history.flat(), note(definition.name, `VIOLATED ${wrong}`)];
  const names = [...new Set(lines.flatMap(namesIn))];
  const alias = new Map(names.map((name, index) => [name, `p${index}`]));
  const declared = names.map((name) => `  participant ${alias.get(name)} as ${plain(name)}`);
  const drawn = lines.map((line) => `  ${draw(line, (name) => alias.get(name) ?? '')}`);
  return ['sequenceDiagram', ...declared, ...drawn].join('\n');
}

/** One line of text a move. */
export function pathOf(history: readonly (readonly Line[])[]): readonly string[] {
  return history.map((lines) => lines.map(say).join('; '));
}

function namesIn(line: Line): readonly string[] {
  return line.kind === 'note' ? [line.over] : [line.from, line.to];
}

function draw(line: Line, alias: (name: string) => string): string {
  const text = plain(line.text);
  if (line.kind === 'note') return `Note over ${alias(line.over)}: ${text}`;
  return `${alias(line.from)}${line.lost ? '--x' : '->>'}${alias(line.to)}: ${text}`;
}

function say(line: Line): string {
  return line.kind === 'note' ? `${line.over}: ${line.text}` : `${line.from} to ${line.to}: ${line.text}`;
}

/** To Mermaid a semicolon ends a line and a number sign begins an entity. */
function plain(text: string): string {
  return text.replace(/[;\n\r]+/g, ',').replaceAll('#', '');
}
