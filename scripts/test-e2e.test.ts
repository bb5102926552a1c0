import { spawnSync } from 'node:child_process'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { codeOf } from '../test/codes.ts'
import { findChromium } from '../test/e2e/rig/findChromium.ts'

const ROOT = resolve(import.meta.dirname, '..')

/** The command on a machine without a browser. */
function withoutBrowser(...args: string[]) {
  const { AMBIT_CHROMIUM: _, ...env } = process.env
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'scripts/test-e2e.ts'), ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...env, PATH: dirname(process.execPath) },
  })
  return { status, stdout, stderr }
}

describe('npm run test:e2e', () => {
  it('error: without a browser it fails, and says how to install one', () => {
    const { status, stdout } = withoutBrowser('--json')
    expect(status).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 'ambit.test-e2e.v1',
      ok: false,
      data: null,
      error: { code: 'e2e.no_browser', fix: expect.stringContaining('apt-get install -y chromium') },
    })
  })

  it('behavior: where it may, it counts every test as skipped, and says so', () => {
    const { status, stdout, stderr } = withoutBrowser('--json', '--skip-without-browser')
    const { ok, data } = JSON.parse(stdout) as { ok: boolean; data: Record<string, number> }
    expect({ status, ok, passed: data['passed'], failed: data['failed'] }).toEqual({
      status: 0,
      ok: true,
      passed: 0,
      failed: 0,
    })
    expect(data['skipped']).toBeGreaterThan(12)
    expect(stderr).toContain('There is no Chromium')
  }, 60_000)

  it('error: an option that it does not have is a usage error', () => {
    const { status, stderr } = withoutBrowser('--retries')
    expect({ status, said: stderr.includes('--retries') }).toEqual({ status: 2, said: true })
  })
})

describe('findChromium', () => {
  it('default: the one that is wished for, before the path', () => {
    expect(findChromium({ AMBIT_CHROMIUM: process.execPath, PATH: '' })).toBe(process.execPath)
  })

  it('behavior: null where the path has none; an empty wish is no wish', () => {
    expect(findChromium({ PATH: '/nowhere' })).toBeNull()
    expect(findChromium({ AMBIT_CHROMIUM: '', PATH: '' })).toBeNull()
    expect(findChromium({})).toBeNull()
  })

  it('error: a wish that cannot be run is not passed over in silence', () => {
    expect(codeOf(() => findChromium({ AMBIT_CHROMIUM: '/nowhere/chromium' })).code).toBe('e2e.no_browser')
  })
})
