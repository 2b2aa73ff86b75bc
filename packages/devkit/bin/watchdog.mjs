// Plain JavaScript beside `src` and `dist`, so that both start the same file on every Node.
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { request } from 'node:http';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';

const guarded = new Map();
// The terminal's signals are for the parent; this process ends when the parent has ended.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  if (message.kind === 'guard') guarded.set(message.id, message.thing);
  else guarded.delete(message.id);
}

const things = [...guarded.values()];
await Promise.all(things.filter((thing) => thing.kind === 'process').map(endProcess));
await Promise.all(things.filter((thing) => thing.kind === 'container').map(removeContainer));
// Folders last: a server that still runs would write into them again.
for (const thing of things.filter((each) => each.kind === 'folder')) {
  await rm(thing.path, { recursive: true, force: true, maxRetries: 5 }).catch(() => undefined);
}

async function endProcess({ pid, signal }) {
  send(pid, 'SIGCONT');
  send(pid, signal);
  for (let waited = 0; waited < 5_000 && lives(pid); waited += 20) await wait(20);
  send(pid, 'SIGKILL');
  for (let waited = 0; waited < 2_000 && lives(pid); waited += 20) await wait(20);
}

function send(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}

function lives(pid) {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch {
    return false;
  }
}

/** Ended, but in a container whose first process collects nobody: it would look alive for ever. */
function isZombie(pid) {
  try {
    return /^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

async function removeContainer({ id, engine }) {
  await new Promise((resolve) => {
    const asking = request(
      { ...engine, method: 'DELETE', path: `/containers/${id}?force=true&v=true`, timeout: 10_000 },
      (response) => response.resume().on('end', resolve),
    );
    asking.on('timeout', () => asking.destroy());
    asking.on('error', resolve);
    asking.end();
  });
}
