import type { Address, Hex } from '../../src/primitives/hex.ts'
import type { Call } from '../../src/verdict/types.ts'
import { chance, type Draw, pick } from './draw.ts'
import type { World } from './grantSketch.ts'

export const SELECTORS = {
  transfer: '0xa9059cbb',
  /** `order(uint256,address,bytes32)` of the pinned target. */
  order: '0x2b243ff0',
  transferFrom: '0x23b872dd',
  safeTransferFrom: '0x42842e0e',
  safeTransferFromWithData: '0xb88d4fde',
  transferOwnership: '0xf2fde38b',
  approve: '0x095ea7b3',
  setApprovalForAll: '0xa22cb465',
  permit2Approve: '0x87517c45',
  permit2Lockdown: '0xcc53287f',
  permit2InvalidateNonces: '0x65d9723c',
} as const

export const PERMIT2: Address = '0x000000000022d473030f116ddee9f6b43ac78ba3'

/** What a grant is made around. */
export type Sketched = 'token' | 'native' | 'call' | 'nft' | 'ownership' | 'revocation' | 'batch'

/** Payments most of the time. */
const USUAL: readonly Sketched[] = [
  ...(['token', 'token', 'token', 'token', 'native', 'native', 'native', 'call'] as const),
  ...(['nft', 'ownership', 'revocation', 'batch'] as const),
]

/**
 * One call, or for a batch several.
 *
 * @param among - What it may be about; nothing named is anything.
 */
export function sketchCalls(
  draw: Draw,
  world: World,
  among: readonly Sketched[] = [],
): { about: Sketched; calls: readonly Call[] } {
  const about = pick(draw, among.length === 0 ? USUAL : among)
  if (about !== 'batch') return { about, calls: [sketchCall(draw, world, about)] }
  const single = () => sketchCall(draw, world, pick(draw, ['token', 'native', 'call'] as const))
  // The second one is a transfer, so that the enforcer of exactly two calls finds what it is made for.
  const calls = [single(), sketchCall(draw, world, 'token')]
  return { about, calls: chance(draw, 25) ? [...calls, single()] : calls }
}

function sketchCall(draw: Draw, world: World, about: Exclude<Sketched, 'batch'>): Call {
  const payee = pick(draw, world.payees)
  const amount = BigInt(1 + draw.int(60))
  switch (about) {
    case 'token':
      return transferCall(world.token, payee, amount)
    case 'native':
      return { to: payee, value: amount, data: '0x' }
    case 'call': {
      const data = encode(SELECTORS.order, amount, BigInt(payee), BigInt(draw.int(1000)))
      return { to: world.target, value: chance(draw, 30) ? amount : 0n, data }
    }
    case 'nft': {
      const { transferFrom, safeTransferFrom, safeTransferFromWithData } = SELECTORS
      const selector = pick(draw, [transferFrom, safeTransferFrom, safeTransferFromWithData])
      const head = encode(selector, BigInt(pick(draw, world.principals)), BigInt(payee), BigInt(draw.int(4)))
      const tail = selector === safeTransferFromWithData ? word(128n) + word(0n) : ''
      return { to: world.mock, value: 0n, data: `${head}${tail}` }
    }
    case 'ownership':
      return { to: world.mock, value: 0n, data: encode(SELECTORS.transferOwnership, BigInt(payee)) }
    case 'revocation':
      return { value: 0n, ...revocation(draw, world, BigInt(payee)) }
  }
}

function revocation(draw: Draw, world: World, spender: bigint): { to: Address; data: Hex } {
  const token = BigInt(world.token)
  // The mock says that everything is approved, the token that nothing is.
  const to = chance(draw, 60) ? world.mock : world.token
  switch (draw.int(6)) {
    case 0:
      return { to, data: encode(SELECTORS.approve, spender, 0n) }
    case 1:
      return { to, data: encode(SELECTORS.approve, 0n, BigInt(draw.int(3))) }
    case 2:
      return { to, data: encode(SELECTORS.setApprovalForAll, spender, 0n) }
    case 3:
      return { to: PERMIT2, data: encode(SELECTORS.permit2Approve, token, spender, 0n, 0n) }
    case 4:
      return { to: PERMIT2, data: encode(SELECTORS.permit2Lockdown, 32n, 1n, token, spender) }
    default:
      return { to: PERMIT2, data: encode(SELECTORS.permit2InvalidateNonces, token, spender, 7n) }
  }
}

export function transferCall(token: Address, to: Address, amount: bigint): Call {
  return { to: token, value: 0n, data: encode(SELECTORS.transfer, BigInt(to), amount) }
}

export function word(value: bigint): string {
  return value.toString(16).padStart(64, '0')
}

function encode(selector: Hex, ...words: bigint[]): Hex {
  return `${selector}${words.map(word).join('')}`
}
