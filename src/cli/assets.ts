import type { Address } from '../primitives/hex.ts'
import type { AssetInfo } from '../scope/types.ts'
import { CliError } from './errors.ts'
import { EXIT } from './exit.ts'
import type { Session } from './session.ts'

/** Issuers' own contracts, for those who write `USDC`. What the chain answers there is compared all the same. */
const USDC: Readonly<Record<number, Address>> = {
  1: '0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48',
  10: '0x0b2c639c533813f4aa9d7837caf62653d097ff85',
  137: '0x3c499c542cef5e3811e1192ce70d8cc03d5c3359',
  8453: '0x833589fcd6edb6e08f4c7c32d4f71b54bda02913',
  42161: '0xaf88d065e77c8cc2239327c5edb3a432268e5831',
  84532: '0x036cbd53842c5426634e7929541ec2318f3dcf7e',
  11155111: '0x1c7d4b196cb0c7b01d743fbc6116a902379c7238',
}

/**
 * The token that `--token` names: an address, `native`, or `USDC`. Any other symbol is refused, because anyone can deploy
 * a token of that name.
 *
 * @throws {@link CliError} `cli.usage`; `AddressError`.
 */
export async function parseToken(session: Session, text: string): Promise<Address | 'native'> {
  if (text === 'native' || text === 'ETH') return 'native'
  if (text.startsWith('0x')) {
    const { parseAddress } = await import('../primitives/address.ts')
    return parseAddress(text)
  }
  const known = session.local?.token.address ?? USDC[session.choice.id]
  if (text.toUpperCase() === 'USDC' && known !== undefined) return known
  throw new CliError('cli.usage', EXIT.usage, 'This token is not known by its symbol.', {
    details: { token: text, chainId: session.choice.id },
    fix: 'Give the address of its contract: anyone can deploy a token of any name.',
  })
}

/** Symbol and decimals of every ERC-20 that a scope document names, as the chain has them. */
export async function readAssets(session: Session, document: unknown): Promise<Record<Address, AssetInfo>> {
  const { readAsset } = await import('../chain/readAsset.ts')
  const found = [...tokensIn(document)].map(async (asset) => [asset, await readAsset(session.node, { asset })] as const)
  return Object.fromEntries(await Promise.all(found))
}

/** Most tokens asked for: a hostile document must not make us send thousands of requests. */
const MAX_TOKENS = 64

/**
 * Addresses that stand where a scope names an asset, in lower case. Reads a document that is not parsed yet: what has
 * another form is left to the parser, which refuses it.
 */
export function tokensIn(document: unknown): Set<Address> {
  const found = new Set<Address>()
  const add = (value: unknown) => {
    const text = typeof value === 'object' && value !== null ? (value as { value?: unknown }).value : value
    if (typeof text === 'string' && /^0x[0-9a-fA-F]{40}$/.test(text) && found.size < MAX_TOKENS) {
      found.add(text.toLowerCase() as Address)
    }
  }
  const { rules, budgets } = record(document)
  for (const rule of Array.isArray(rules) ? rules : []) {
    const { asset, allowance, spends } = record(rule)
    add(asset)
    add(record(allowance)['asset'])
    for (const spend of Array.isArray(spends) ? spends : []) add(record(spend)['asset'])
  }
  for (const budget of Object.values(record(budgets)))
    for (const asset of Object.keys(record(record(budget)['assets']))) add(asset)
  return found
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
