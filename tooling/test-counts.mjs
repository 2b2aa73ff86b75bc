/** Sums up vitest's JSON report: by project, with what was skipped, and files that could not even be loaded. */
export function testCounts(report) {
  const projects = new Map(['unit', 'int', 'e2e'].map((name) => [name, { passed: 0, failed: 0, skipped: 0 }]));
  const skipped = new Set();
  const failed = [];
  for (const file of report.testResults) {
    const counts = projects.get(/\.(int|e2e)\.test\.ts$/.exec(file.name)?.[1] ?? 'unit');
    for (const test of file.assertionResults) {
      if (test.status === 'passed') counts.passed++;
      else if (test.status === 'failed') counts.failed++;
      else counts.skipped++;
      if (test.status === 'failed') failed.push(test.fullName);
      if (test.status !== 'passed' && test.status !== 'failed') skipped.add(test.ancestorTitles[0] || test.fullName);
    }
    const silent = file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed');
    if (silent) {
      counts.failed++;
      failed.push(file.name);
    }
  }
  return { projects, skipped: [...skipped], failed };
}

export function lastLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
