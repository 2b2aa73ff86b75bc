// Loaded into what the bootstrap runs, and into itself: `npm` that is terminated or killed takes at most its shell with
// it, and nobody tells the rest. A process that has lost its parent is handed to another one, and that shows.
import { readFileSync } from 'node:fs';

const byNpm = process.env.npm_lifecycle_event !== undefined;
const ancestors = lineage();

setInterval(() => {
  if (lineage() !== ancestors) process.kill(process.pid, 'SIGTERM');
}, 500).unref();

/** The parent, and below npm, whose shell stands in between, the parent's parent where the system tells. */
function lineage() {
  return `${process.ppid} ${byNpm ? parentOf(process.ppid) : ''}`;
}

function parentOf(pid) {
  try {
    return /^PPid:\t(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}
