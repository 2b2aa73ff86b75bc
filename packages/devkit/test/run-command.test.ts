import { expect, it } from 'vitest';
import { runCommand } from '../src/run-command.js';

const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

it('leaves no timer behind that keeps the process alive when a command cannot be started', async () => {
  const before = timers();
  const commands = 50;
  for (let each = 0; each < commands; each += 1) {
    await expect(runCommand('/nonexistent/command', [], { cwd: '/' })).rejects.toMatchObject({
      code: 'DEVKIT_COMMAND_FAILED',
    });
  }
  // The test runner has timers too, but not one for each command.
  expect(timers() - before).toBeLessThan(commands / 2);
});

it('ends a command that takes too long', async () => {
  const forever = ['-e', 'setInterval(() => undefined, 1000)'];
  await expect(runCommand(process.execPath, forever, { cwd: '/', timeout: 50 })).rejects.toMatchObject({
    message: expect.stringContaining('SIGTERM'),
  });
});
