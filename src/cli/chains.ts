import { CliError } from './errors.ts'
import { EXIT } from './exit.ts'

/** Chain of the embedded node. */
export const LOCAL_CHAIN_ID = 31_337

/** Names for `--chain`. Any other chain goes by its number. */
const CHAINS: Readonly<Record<string, { id: number; test?: true }>> = {
  local: { id: LOCAL_CHAIN_ID, test: true },
  ethereum: { id: 1 },
  mainnet: { id: 1 },
  optimism: { id: 10 },
  bsc: { id: 56 },
  gnosis: { id: 100 },
  unichain: { id: 130 },
  polygon: { id: 137 },
  monad: { id: 143 },
  base: { id: 8_453 },
  arbitrum: { id: 42_161 },
  linea: { id: 59_144 },
  sepolia: { id: 11_155_111, test: true },
  hoodi: { id: 560_048, test: true },
  'optimism-sepolia': { id: 11_155_420, test: true },
  'base-sepolia': { id: 84_532, test: true },
  'arbitrum-sepolia': { id: 421_614, test: true },
  'linea-sepolia': { id: 59_141, test: true },
  'polygon-amoy': { id: 80_002, test: true },
  'gnosis-chiado': { id: 10_200, test: true },
}

/** `--chain` as given. `local` is the embedded chain; `31337` is a node of yours that calls itself so. */
export type ChainChoice = { id: number; embedded: boolean }

/**
 * Reads `local`, a name, a number or CAIP-2 (`eip155:8453`).
 *
 * @throws {@link CliError} `cli.chain_unknown`.
 */
export function parseChain(text: string): ChainChoice {
  const named = Object.hasOwn(CHAINS, text) ? CHAINS[text] : undefined
  if (named !== undefined) return { id: named.id, embedded: text === 'local' }
  const digits = /^(?:eip155:)?([1-9][0-9]{0,15})$/.exec(text)?.[1]
  const id = Number(digits)
  if (digits !== undefined && Number.isSafeInteger(id)) return { id, embedded: false }
  throw new CliError('cli.chain_unknown', EXIT.usage, 'This chain is not known by that name.', {
    details: { chain: text, names: Object.keys(CHAINS) },
    fix: 'Give one of these names, or the chain id as a number.',
  })
}

/** A name for people; the number where there is none. */
export function chainName(id: number): string {
  return Object.entries(CHAINS).find(([, chain]) => chain.id === id)?.[0] ?? `chain ${id}`
}

/** True only for chains known to carry no value. What is not known counts as a mainnet. */
export function isTestChain(id: number): boolean {
  return Object.values(CHAINS).some((chain) => chain.id === id && chain.test === true)
}
