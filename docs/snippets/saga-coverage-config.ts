// #region config
import { sagaCoverage } from '@backstitch/saga-core/vitest';
import { defineConfig } from 'vitest/config';
import { placeOrder } from './place-order.js';

// biome-ignore lint/style/noDefaultExport: vitest asks for it
export default defineConfig({
  test: {
    reporters: ['default', sagaCoverage({ threshold: 0.9, sagas: [placeOrder], outputFile: 'coverage/sagas.json' })],
  },
});
// #endregion config
