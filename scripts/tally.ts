/** Counts what each runner says of itself. A suite that died, or ran nothing, counts as one failure. */

export type Tally = { passed: number; failed: number; skipped: number }

export const NOTHING: Tally = { passed: 0, failed: 0, skipped: 0 }

export function add(a: Tally, b: Tally): Tally {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped }
}

/** The last line of the whole run: tools read it, so its form never changes. */
export function summary(tally: Tally): string {
  return `${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`
}

/** A check that is one command: it passes or it fails. */
export function tallyCheck(exitCode: number | null): Tally {
  return exitCode === 0 ? { ...NOTHING, passed: 1 } : { ...NOTHING, failed: 1 }
}

/** Output of `hardhat test solidity`: lines such as `  12 passing`, each absent where it would be zero but the first. */
export function tallyHardhat(output: string, exitCode: number | null): Tally {
  const counted = (word: string) => Number(new RegExp(`^\\s*(\\d+) ${word}\\b`, 'm').exec(plain(output))?.[1] ?? 0)
  return held({ passed: counted('passing'), failed: counted('failing'), skipped: counted('skipped') }, exitCode)
}

/** Vitest's JSON report; `undefined` where it wrote none. A file that failed without a failed test counts as one. */
export function tallyVitest(report: string | undefined, exitCode: number | null): Tally {
  const counts = read(report)
  if (counts === undefined) return { ...NOTHING, failed: 1 }
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = counts
  const broken = testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && assertionResults.every((assertion) => assertion.status !== 'failed'),
  )
  const skipped = numPendingTests + numTodoTests
  return held({ passed: numPassedTests, failed: numFailedTests + broken.length, skipped }, exitCode)
}

/**
 * The one object that `test:e2e -- --json` ends with. All skipped is what it says where there is no browser; nothing at all,
 * or no object, is a failure.
 */
export function tallyEnvelope(output: string, exitCode: number | null): Tally {
  const counts = countsIn(output.trimEnd().split('\n').at(-1) ?? '')
  if (counts === undefined) return { ...NOTHING, failed: 1 }
  const { passed, failed, skipped } = counts
  const silent = failed === 0 && (exitCode !== 0 || passed + skipped === 0)
  return { passed, failed: silent ? 1 : failed, skipped }
}

function countsIn(line: string): Tally | undefined {
  try {
    const { data } = JSON.parse(line) as { data: Tally | null }
    const counts = [data?.passed, data?.failed, data?.skipped]
    return data !== null && counts.every((count) => Number.isSafeInteger(count)) ? data : undefined
  } catch {
    return undefined
  }
}

type Report = {
  numPassedTests: number
  numFailedTests: number
  numPendingTests: number
  numTodoTests: number
  testResults: readonly { status: string; assertionResults: readonly { status: string }[] }[]
}

/** An error outside of any test leaves nothing failed behind: only the exit code tells. */
function held(tally: Tally, exitCode: number | null): Tally {
  const silent = tally.failed === 0 && (exitCode !== 0 || tally.passed === 0)
  return silent ? { ...tally, failed: 1 } : tally
}

function read(report: string | undefined): Report | undefined {
  try {
    const value = JSON.parse(report ?? '') as Report
    const counts = [value.numPassedTests, value.numFailedTests, value.numPendingTests, value.numTodoTests]
    return counts.every(Number.isSafeInteger) && Array.isArray(value.testResults) ? value : undefined
  } catch {
    return undefined
  }
}

function plain(output: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes are what is removed here.
  return output.replace(/\u001b\[[0-9;]*m/g, '')
}
