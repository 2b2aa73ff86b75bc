const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

/** `1h 30m`, `45s`, `500ms`: whole milliseconds for people, in the units that a definition is written in. Nothing is rounded away. */
export function durationText(ms: number): string {
  let left = ms;
  const parts: string[] = [];
  for (const [unit, unitMs] of units) {
    const whole = Math.floor(left / unitMs);
    if (whole > 0) parts.push(`${whole}${unit}`);
    left -= whole * unitMs;
  }
  return parts.length === 0 ? '0s' : parts.join(' ');
}
