// Reads a JSON report of vitest and prints "<passed> <failed>". Arguments: the report, and 1 when the test command failed.
// What broke outside a test (a file that could not be loaded, an error nobody caught, no report at all) counts as one failure.
import { readFileSync } from 'node:fs';

const [, , reportPath, commandFailed] = process.argv;

function count() {
  let report;
  try {
    report = JSON.parse(readFileSync(reportPath, 'utf8'));
  } catch {
    process.stderr.write('The tests left no report.\n');
    return [0, 1];
  }
  const files = report.testResults;
  const tests = files.flatMap((file) => file.assertionResults);
  const isFailed = (result) => result.status === 'failed';
  const passed = tests.filter((test) => test.status === 'passed').length;
  const broken = files.filter((file) => isFailed(file) && !file.assertionResults.some(isFailed));
  const failed = tests.filter(isFailed).length + broken.length;
  const left = tests.length - passed - tests.filter(isFailed).length;
  process.stderr.write(`${files.length} files; by kind: ${describeKinds(files)}; ${left} skipped\n`);
  for (const test of tests.filter(isFailed)) process.stderr.write(`failed: ${test.fullName}\n`);
  for (const file of broken) process.stderr.write(`broken: ${file.name}\n`);
  if (commandFailed !== '0' && failed === 0) {
    process.stderr.write('No test failed, but the test command did.\n');
    return [passed, 1];
  }
  if (passed === 0) return [0, Math.max(1, failed)];
  return [passed, failed];
}

function describeKinds(files) {
  const kinds = { unit: 0, medium: 0, e2e: 0, browser: 0 };
  for (const file of files) {
    const ending = /\.(e2e|browser|medium)(\.spec)?\.ts$/.exec(file.name);
    const kind = ending?.[1] ?? 'unit';
    kinds[kind] += file.assertionResults.filter((test) => test.status === 'passed').length;
  }
  return Object.entries(kinds)
    .map(([kind, passed]) => `${kind} ${passed}`)
    .join(', ');
}

process.stdout.write(`${count().join(' ')}\n`);
