import { describe, expect, it } from 'vitest'
import { add, summary, tallyCheck, tallyEnvelope, tallyHardhat, tallyVitest } from './tally.ts'

const report = (passed: number, failed: number, pending: number, todo: number, files: object[] = []) =>
  JSON.stringify({
    numPassedTests: passed,
    numFailedTests: failed,
    numPendingTests: pending,
    numTodoTests: todo,
    testResults: files,
  })

describe('tallyCheck', () => {
  it('default: exit 0 is one passed', () => {
    expect(tallyCheck(0)).toEqual({ passed: 1, failed: 0, skipped: 0 })
  })

  it('error: any other end is one failed, a signal too', () => {
    for (const code of [1, 2, 137, null]) expect(tallyCheck(code)).toEqual({ passed: 0, failed: 1, skipped: 0 })
  })
})

describe('tallyHardhat', () => {
  it('default: reads the counts, with colours or without', () => {
    const output =
      '    ✔ test_ok()\n\n\n  \u001b[32m12 passing\u001b[39m\n  2 failing\n  3 skipped\n\n  1) A#test_bad()\n'
    expect(tallyHardhat(output, 1)).toEqual({ passed: 12, failed: 2, skipped: 3 })
  })

  it('behavior: counts in the name of a test are not counts', () => {
    expect(tallyHardhat('    ✔ test_9 passing()\n  1 passing\n', 0)).toEqual({ passed: 1, failed: 0, skipped: 0 })
  })

  it('error: no test, and a runner that died, are a failure each', () => {
    expect(tallyHardhat('  0 passing\n', 0).failed).toBe(1)
    expect(tallyHardhat('', 0).failed).toBe(1)
    expect(tallyHardhat('  4 passing\n', 1)).toEqual({ passed: 4, failed: 1, skipped: 0 })
    expect(tallyHardhat('Error HHE1: the compiler refused', null).failed).toBe(1)
  })
})

describe('tallyVitest', () => {
  it('default: todo counts as skipped', () => {
    expect(tallyVitest(report(5, 1, 2, 3), 1)).toEqual({ passed: 5, failed: 1, skipped: 5 })
  })

  it('error: each file that fails without a failed test counts, beside the tests that fail', () => {
    const files = [
      { status: 'failed', assertionResults: [] },
      { status: 'failed', assertionResults: [{ status: 'passed' }, { status: 'skipped' }] },
      { status: 'failed', assertionResults: [{ status: 'failed' }] },
      { status: 'passed', assertionResults: [{ status: 'passed' }] },
    ]
    expect(tallyVitest(report(2, 1, 1, 0, files), 1)).toEqual({ passed: 2, failed: 3, skipped: 1 })
  })

  it('error: an error outside of any test fails the run though every test passed', () => {
    expect(tallyVitest(report(5, 0, 0, 0), 1)).toEqual({ passed: 5, failed: 1, skipped: 0 })
  })

  it('error: no report, half a report, no test', () => {
    expect(tallyVitest(undefined, 0).failed).toBe(1)
    expect(tallyVitest('{"numPassedTests":5', 0).failed).toBe(1)
    expect(tallyVitest('{"numPassedTests":5}', 0)).toEqual({ passed: 0, failed: 1, skipped: 0 })
    expect(tallyVitest(report(0, 0, 4, 0), 0)).toEqual({ passed: 0, failed: 1, skipped: 4 })
  })
})

describe('tallyEnvelope', () => {
  const envelope = (passed: unknown, failed: unknown, skipped: unknown) =>
    JSON.stringify({ schema: 'ambit.test-e2e.v1', ok: true, data: { passed, failed, skipped }, error: null })

  it('default: the counts of the last line, whatever was said before', () => {
    expect(tallyEnvelope(`{"data":null}\n${envelope(12, 0, 0)}\n`, 0)).toEqual({ passed: 12, failed: 0, skipped: 0 })
    expect(tallyEnvelope(envelope(11, 1, 0), 1)).toEqual({ passed: 11, failed: 1, skipped: 0 })
  })

  it('behavior: all skipped is no failure: there is no browser here', () => {
    expect(tallyEnvelope(envelope(0, 0, 12), 0)).toEqual({ passed: 0, failed: 0, skipped: 12 })
  })

  it('error: nothing ran, it died, or it said something else', () => {
    expect(tallyEnvelope(envelope(0, 0, 0), 0).failed).toBe(1)
    expect(tallyEnvelope(envelope(12, 0, 0), 1)).toEqual({ passed: 12, failed: 1, skipped: 0 })
    expect(tallyEnvelope(envelope(12, 0, 0), null).failed).toBe(1)
    for (const output of ['', 'Error', '{"data":null}', '{}', 'null', envelope(12, 0, null), envelope('12', 0, 0)]) {
      expect(tallyEnvelope(output, 0), output).toEqual({ passed: 0, failed: 1, skipped: 0 })
    }
  })
})

describe('summary', () => {
  it('default: one plain line', () => {
    const tally = add(tallyCheck(0), tallyCheck(1))
    expect(summary(tally)).toBe('1 passed, 1 failed, 0 skipped')
  })
})
