import { describe, expect, it } from 'vitest';
import { createSideBySide } from '../../src/participant/side-by-side.js';

function gate(): { readonly open: () => void; readonly opened: Promise<void> } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

describe('work side by side', () => {
  it('never has more under way than there are places, whoever gives it', async () => {
    const all = createSideBySide(3);
    let underWay = 0;
    let most = 0;
    const work = Array.from({ length: 10 }, () => async () => {
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise((resolve) => setImmediate(resolve));
      underWay -= 1;
    });
    await Promise.all([all.run(work), all.run(work)]);
    expect(most).toBe(3);
    expect(underWay).toBe(0);
  });

  it('tells the first failure when what had begun has ended, begins nothing more of it, and serves others on', async () => {
    const all = createSideBySide(2);
    const began: string[] = [];
    const slow = gate();
    const failing = all.run([
      async () => {
        began.push('fails');
        throw new Error('broken');
      },
      async () => {
        began.push('slow');
        await slow.opened;
      },
      async () => void began.push('never'),
    ]);
    let isTold = false;
    const told = failing.catch((error: unknown) => {
      isTold = true;
      return error;
    });
    await all.run([async () => void began.push('other')]);
    expect(isTold).toBe(false);
    slow.open();
    expect(await told).toMatchObject({ message: 'broken' });
    expect(began).toEqual(['fails', 'slow', 'other']);
  });
});
