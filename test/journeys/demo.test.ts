import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { judge } from '../../src/cli/demo/demo.ts'
import type { Sums } from '../../src/cli/demo/run.ts'
import { ambit, ambitProcess, type Ran, useFolder } from '../rig/cli.ts'

describe('ambit demo', () => {
  const folder = useFolder()
  let ran: Ran

  beforeAll(async () => {
    ran = await ambitProcess(['demo', '--json', '--out', join(folder.path, 'demo')])
  }, 60_000)

  test('default', () => {
    expect(ran.exit, ran.stderr).toBe(0)
    const { schema, data } = ran.json()
    expect(schema).toBe('ambit.demo.v1')
    expect(data).toEqual({
      lowering: 'framework',
      legitimate: { attempted: 5, executed: 5, denied: 0, notGrantable: 6 },
      injected: { attempted: 80, executed: 0, denied: 80, noGrant: 120, notExpressible: 20 },
      receipts: { issued: data.receipts.issued, verified: data.receipts.issued },
      revocation: { seconds: expect.any(Number), deniedAfter: 4, executedAfter: 0, groupsEnded: 0 },
      signatures: { grants: 8, signed: expect.any(Number) },
    })
    // 8 grants, 89 decisions, 5 outcomes, a revocation for each of the roots.
    expect(data.receipts.issued).toBe(8 + 89 + 5 + 8)
  })

  test('behavior: the receipts that it leaves are the ones it counted', () => {
    const files = readdirSync(join(folder.path, 'demo', 'receipts')).filter((name) => name.endsWith('.json'))
    expect(files).toHaveLength(ran.json().data.receipts.issued)
  })

  test('error: a folder with receipts of another run is refused, so that the sums are of one', async () => {
    const again = await ambit(['demo', '--json', '--out', join(folder.path, 'demo')])
    expect([again.exit, again.json().error?.code]).toEqual([2, 'cli.usage'])
  })
})

describe('ambit demo --lowering fused', () => {
  const folder = useFolder()

  test('default: one signature a grant, at least as much paid, nothing injected, ended by groups, verified', async () => {
    const argv = ['demo', '--lowering', 'fused', '--json', '--out', join(folder.path, 'demo')]
    const ran = await ambitProcess(argv)
    expect(ran.exit, ran.stderr).toBe(0)
    const { beside, lowering, ...fused } = ran.json().data
    expect(lowering).toBe('fused')
    expect(fused).toEqual({
      legitimate: { attempted: 5, executed: 5, denied: 0, notGrantable: 6 },
      injected: { attempted: 80, executed: 0, denied: 80, noGrant: 120, notExpressible: 20 },
      receipts: { issued: 8 + 89 + 5 + 8, verified: 8 + 89 + 5 + 8 },
      revocation: { seconds: expect.any(Number), deniedAfter: 4, executedAfter: 0, groupsEnded: 4 },
      signatures: { grants: 8, signed: 8 },
    })
    expect(beside.fused).toEqual(fused)
    expect(beside.framework).toMatchObject({ legitimate: fused.legitimate, injected: fused.injected })
    expect(beside.framework.signatures.signed).toBeGreaterThanOrEqual(8)
  }, 120_000)
})

describe('judge', () => {
  const good: Sums = {
    legitimate: { attempted: 5, executed: 5, denied: 0, notGrantable: 6 },
    injected: { attempted: 80, executed: 0, denied: 80, noGrant: 120, notExpressible: 20 },
    receipts: { issued: 110, verified: 110 },
    revocation: { seconds: 0.1, deniedAfter: 4, executedAfter: 0, groupsEnded: 0 },
    signatures: { grants: 8, signed: 16 },
  }

  test('default', () => {
    expect(judge(good)).toEqual([])
  })

  test.each<[string, Sums]>([
    ['money moved outside the scope', { ...good, injected: { ...good.injected, executed: 1, denied: 79 } }],
    ['an attempt without an end', { ...good, injected: { ...good.injected, denied: 79 } }],
    ['a granted payment was denied', { ...good, legitimate: { ...good.legitimate, executed: 4, denied: 1 } }],
    ['a granted payment was lost', { ...good, legitimate: { ...good.legitimate, executed: 4 } }],
    ['money moved after revocation', { ...good, revocation: { ...good.revocation, executedAfter: 1 } }],
    ['nothing was tried after revocation', { ...good, revocation: { ...good.revocation, deniedAfter: 0 } }],
    ['a receipt is false', { ...good, receipts: { issued: 110, verified: 109 } }],
    ['there are no receipts', { ...good, receipts: { issued: 0, verified: 0 } }],
  ])('error: %s', (_, sums) => {
    expect(judge(sums)).toHaveLength(1)
  })
})
