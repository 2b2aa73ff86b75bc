import { sagaCoverage } from '@backstitch/saga-core/vitest';
import { defineConfig } from 'vitest/config';
import { payment } from './payment.js';

export default defineConfig({
  test: {
    include: ['*.spec.ts'],
    reporters: [
      'default',
      sagaCoverage({
        sagas: [payment],
        threshold: Number(process.env['THRESHOLD']),
        outputFile: process.env['OUTPUT'] ?? 'saga-coverage.json',
      }),
    ],
  },
});
