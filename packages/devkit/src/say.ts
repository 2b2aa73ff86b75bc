/** One line on stderr: standard output belongs to the program that asked for a server. */
export function say(line: string): void {
  process.stderr.write(`devkit: ${line}\n`);
}
