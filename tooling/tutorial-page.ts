/** What a reader does, in order. */
export type TutorialAct =
  /** Writes a file. */
  | { readonly kind: 'write'; readonly line: number; readonly file: string; readonly text: string }
  /** Types commands, and sees at least this, in this order; `…` stands for anything. */
  | { readonly kind: 'run'; readonly line: number; readonly commands: string; readonly seen: readonly string[] };

const fence = /^```(\w+)([^\n]*)\n(.*?)\n```$/gms;

/**
 * The acts of a tutorial: a block with `file=…` is written, one of `sh` is run, and a block of `text` right after it is what it shows. `sh yours`
 * is what each reader fills in for himself: whoever follows the page has to bring that along.
 */
export function actsOf(page: string): TutorialAct[] {
  const acts: TutorialAct[] = [];
  for (const match of page.matchAll(fence)) {
    const [, language = '', about = '', text = ''] = match;
    const line = page.slice(0, match.index).split('\n').length;
    const file = /\bfile=(\S+)/.exec(about)?.[1];
    const last = acts.at(-1);
    if (file !== undefined) acts.push({ kind: 'write', line, file, text: `${text}\n` });
    else if (language === 'sh' && !/\byours\b/.test(about)) acts.push({ kind: 'run', line, commands: text, seen: [] });
    else if (language === 'text' && last?.kind === 'run') acts.splice(-1, 1, { ...last, seen: text.split('\n') });
  }
  return acts;
}

/** The first line that was promised and not seen, or nothing. */
export function unseen(promised: readonly string[], output: string): string | undefined {
  const lines = output.split('\n');
  let from = 0;
  for (const line of promised) {
    if (line.trim() === '') continue;
    const pattern = new RegExp(`^${line.trimEnd().split('…').map(escaped).join('.*')}\\s*$`);
    const at = lines.findIndex((each, index) => index >= from && pattern.test(each));
    if (at < 0) return line;
    from = at + 1;
  }
  return undefined;
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
