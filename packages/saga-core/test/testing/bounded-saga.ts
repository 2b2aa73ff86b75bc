import { hold, input, saga, shop } from '../machine/sagas.js';

const once = { retry: { attempts: 1 }, undoRetry: { attempts: 1 } } as const;
const onward = { with: () => ({}), retry: { attempts: 1 } } as const;

/** Whatever fails once is given up, undos too: an operator has much to say. */
export const bounded = saga('bounded', { version: 1, input })
  .invoke('hold', shop.hold, { ...hold, ...once })
  .pivot('commit', shop.commit, onward)
  .invoke('ship', shop.ship, onward)
  .build();

export const boundedOutputs = { hold: {}, commit: {}, ship: {} };
