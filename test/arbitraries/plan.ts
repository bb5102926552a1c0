import { decodeCaveat } from '../../src/caveats/caveat.ts'
import type { DecodedCaveat } from '../../src/caveats/types.ts'
import { type CompileOptions, compile } from '../../src/compile/compile.ts'
import { CompileError, type CompileErrorCode } from '../../src/compile/errors.ts'
import type { Plan } from '../../src/compile/types.ts'
import type { Address, Hex } from '../../src/primitives/hex.ts'
import { parseScope } from '../../src/scope/parse.ts'
import { baseEnvironment } from './environment.ts'
import { AGENT, PAYEES, scopeDocument, TARGET, USDC } from './scope.ts'

export const environment = await baseEnvironment()
export type Rule = Parameters<typeof scopeDocument>[0][number]
export type More = Parameters<typeof scopeDocument>[1]

export const START = 1_795_132_800n
export const EXPIRY = 1_797_724_800n
export const NOW = 1_795_200_000n

/** Salts 1, 2, 3 …: distinct, and the same in every run. */
export function counting(): () => Hex {
  let next = 0n
  return () => `0x${(++next).toString(16).padStart(64, '0')}`
}

export function plan(rules: readonly Rule[], more: More = {}, options: Partial<CompileOptions> = {}): Plan {
  return compile(parseScope(scopeDocument(rules, more)), environment, { salt: counting(), nonce: 4n, ...options })
}

export function decodedOf({ drafts }: Plan): DecodedCaveat[][] {
  return drafts.map(({ caveats }) => caveats.map((caveat) => decodeCaveat(environment, caveat)))
}

export function refusal(run: () => unknown): CompileErrorCode | 'none' {
  try {
    run()
    return 'none'
  } catch (error) {
    if (error instanceof CompileError) return error.code
    throw error
  }
}

export const word = (hex: string): Hex => `0x${hex.slice(2).padStart(64, '0')}`
export const times: DecodedCaveat = { kind: 'timestamp', after: START - 1n, before: EXPIRY }
export const redeemer: DecodedCaveat = { kind: 'redeemer', redeemers: [AGENT] }
export const nonce: DecodedCaveat = { kind: 'nonce', nonce: 4n }
export const bound = [times, redeemer, nonce]
export const noValue: DecodedCaveat = { kind: 'valueLte', max: 0n }
export const payee = (address: Address): DecodedCaveat => ({ kind: 'allowedCalldata', start: 4n, value: word(address) })
export const spend = (token: Address, limit: bigint): DecodedCaveat => ({ kind: 'erc20TransferAmount', token, limit })
export const calls = (limit: bigint): DecodedCaveat => ({ kind: 'limitedCalls', limit })

export const pay = (more: Partial<Extract<Rule, { class: 'transfer' }>> = {}): Rule => ({
  id: 'pay',
  class: 'transfer',
  asset: USDC,
  to: [PAYEES[0]],
  budget: 'b',
  ...more,
})
export const act = (more: Partial<Extract<Rule, { class: 'call' }>> = {}): Rule => ({
  id: 'act',
  class: 'call',
  target: TARGET,
  function: 'function pay(address to, uint256 amount)',
  ...more,
})
export const budget = (more: object = {}): More => ({
  budgets: { b: { assets: { [USDC]: '1' }, max: '200', ...more } },
})
export const nativeBudget = (more: object = {}): More => ({
  budgets: { b: { assets: { native: '1' }, max: '2', ...more } },
})

export function rowOf({ coverage }: Plan, pointer: string) {
  return coverage.find(({ constraint }) => constraint === pointer)
}
