import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { canonicalJson } from '../../primitives/json.ts'
import { Dataset, movesMoney } from './dataset.ts'
import { accountOf, knownPayment, paymentOf } from './payments.ts'
import { type ScopeContext, scopeFor } from './scopes.ts'

const text = readFileSync(new URL('../../../test/data/agentdojo-banking.json', import.meta.url), 'utf8')
const read = () => Dataset.parse(JSON.parse(text))
const context: ScopeContext = {
  chainId: 31337,
  principal: '0x00000000000000000000000000000000000000a1',
  delegate: '0x00000000000000000000000000000000000000b2',
  token: '0x00000000000000000000000000000000000000c3',
  asset: { symbol: 'USDC', decimals: 6 },
  now: 1_764_000_000n,
}

/** Every scope of the data set, as bytes. */
function scopes(dataset: Dataset): Record<string, string> {
  const out: Record<string, string> = {}
  for (const task of dataset.user_tasks) {
    const payments = task.calls.filter((call) => movesMoney(dataset, call)).map((call) => knownPayment(dataset, call))
    const scope = scopeFor(task, payments, context)
    if (scope !== undefined) out[task.id] = canonicalJson(scope)
  }
  return out
}

describe('scopeFor', () => {
  test('default', () => {
    const dataset = read()
    const calls = dataset.user_tasks.flatMap((task) => task.calls.filter((call) => movesMoney(dataset, call)))
    const granted = calls
      .map((call) => knownPayment(dataset, call))
      .flatMap(({ recipient, amount }) => (recipient && amount ? [[recipient.value, amount.value]] : []))
    expect(calls).toHaveLength(11)
    expect(granted).toEqual([
      ['GB29NWBK60161331926819', '10'],
      ['US122000000121212121212', '50'],
      ['US122000000121212121212', '1100'],
      ['CA133012400231215421872', '2200'],
      ['GB29NWBK60161331926819', '10'],
    ])
    expect(Object.keys(scopes(dataset))).toEqual(['user_task_4', 'user_task_6', 'user_task_9', 'user_task_15'])
  })

  test('behavior: no scope ever names the attacker', () => {
    const dataset = read()
    for (const bytes of Object.values(scopes(dataset))) expect(bytes).not.toContain(accountOf(dataset.attacker.iban))
  })

  test('behavior: a value that no prompt and no ledger gave leaves every scope byte-identical', () => {
    const before = scopes(read())
    let changed = 0
    for (const [index, task] of read().user_tasks.entries()) {
      for (const [position, call] of task.calls.entries()) {
        const trusted = (name: string) => {
          const known = call.known_from
          const origin =
            name === 'amount' ? known?.amount : name === 'recipient' ? known?.counterparty : known?.args?.[name]
          return origin === 'prompt' || origin === 'ledger'
        }
        for (const name of Object.keys(call.args).filter((name) => !trusted(name))) {
          for (const poison of ['US133000000121212121212', 999_999, true]) {
            const dataset = read()
            const target = dataset.user_tasks[index]?.calls[position]
            if (target === undefined) throw new TypeError('the data set changed under the test')
            target.args[name] = poison
            expect(scopes(dataset), `${task.id} ${call.function} ${name}`).toEqual(before)
            changed++
          }
        }
      }
    }
    for (const [index] of read().injection_tasks.entries()) {
      const dataset = read()
      dataset.injection_tasks.splice(index, 1)
      expect(scopes(dataset)).toEqual(before)
      changed++
    }
    expect(changed).toBeGreaterThan(80)
  })

  test('behavior: a trusted value does change its scope, so the test above can fail', () => {
    const dataset = read()
    const call = dataset.user_tasks.find((task) => task.id === 'user_task_4')?.calls.find((x) => movesMoney(dataset, x))
    if (call === undefined) throw new TypeError('user_task_4 has a money call')
    call.args['amount'] = 11
    expect(scopes(dataset)['user_task_4']).not.toEqual(scopes(read())['user_task_4'])
  })
})

describe('paymentOf', () => {
  test('default', () => {
    const dataset = read()
    const injected = dataset.injection_tasks.flatMap((task) =>
      task.calls.filter((call) => movesMoney(dataset, call)).map((call) => paymentOf(dataset, call)),
    )
    expect(injected).toHaveLength(10)
    expect(new Set(injected.map((payment) => payment?.recipient))).toEqual(new Set([dataset.attacker.iban]))
    expect(injected.map((payment) => payment?.amount)).toEqual([
      '0.01',
      '0.01',
      '0.01',
      '0.01',
      '50',
      '1000000',
      '10000',
      '10000',
      '10000',
      '0.01',
    ])
  })
})
