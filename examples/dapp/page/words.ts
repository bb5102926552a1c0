import { formatUnits } from 'viem'
import type { ExampleConfig, Party } from '../server/wire.ts'

/** `12.5 USDC`, exact. */
export function money(amount: bigint, { token }: Pick<ExampleConfig, 'token'>): string {
  return `${formatUnits(amount, token.decimals)} ${token.symbol}`
}

/** The same of what may be unbounded, or not known. */
export function amountOf(amount: bigint | 'unlimited' | 'unknown', config: Pick<ExampleConfig, 'token'>): string {
  if (amount === 'unlimited') return 'Without a limit'
  return amount === 'unknown' ? 'Not known' : money(amount, config)
}

/** A period of whole days is what this page asks for; a wallet may answer another one. */
export function span(seconds: number): string {
  if (seconds === 86_400) return 'day'
  return seconds % 86_400 === 0 ? `${seconds / 86_400} days` : `${seconds} seconds`
}

/** `0x7099…79c8`. */
export function short(address: string): string {
  return `${address.slice(0, 6)}…${address.slice(-4)}`
}

/** A name where the page knows one. */
export function nameOf(address: string, parties: readonly Party[]): string | undefined {
  return parties.find((party) => party.address === address.toLowerCase())?.name
}

/** @param milliseconds - Unix milliseconds. */
export function clock(milliseconds: number): string {
  return new Date(milliseconds).toLocaleTimeString(undefined, { timeStyle: 'medium', hourCycle: 'h23' })
}

/** How long until then, in the largest unit that fits: `in 9 hours`. */
export function until(seconds: number, now: number): string {
  const left = Math.max(0, seconds - now)
  const [unit, size] = (UNITS.find(([, size]) => left >= size) ?? ['second', 1]) as (typeof UNITS)[number]
  return new Intl.RelativeTimeFormat(undefined, { numeric: 'always' }).format(Math.floor(left / size), unit)
}

const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
]

/** Who holds what the wallet granted. */
export function holderOf(delegate: string, { agent, taskAccount }: ExampleConfig): string {
  return delegate === taskAccount ? `${agent.name}’s task account` : agent.name
}

/** `Tidewater Inference and Lumen Storage`. */
export function namesOf(addresses: readonly string[], { payees }: ExampleConfig): string {
  return new Intl.ListFormat('en').format(addresses.map((address) => nameOf(address, payees) ?? short(address)))
}

/** Unix seconds, now. */
export function seconds(): number {
  return Math.floor(Date.now() / 1000)
}
