import { instantInWords, symbolText } from '../caveats/words.ts'
import { actorText } from '../grant/draw/nodes.ts'
import { toChecksum } from '../primitives/address.ts'
import { formatAmount } from '../primitives/amount.ts'
import type { Address } from '../primitives/hex.ts'
import { parseInstant } from '../primitives/time.ts'
import { decimalsOf } from '../scope/budgets.ts'
import type { Asset, Scope } from '../scope/types.ts'
import { type Html, html, say } from './html.ts'
import type { GrantStatus, Reading, Standing } from './source.ts'

/** What a status is called, and which badge it wears. */
const STATUS: Readonly<Record<GrantStatus, readonly [words: string, badge: string]>> = {
  live: ['Live', 'live'],
  partial: ['Partly live', 'warn'],
  not_asked: ['Chain not asked', ''],
  not_yet: ['Not begun', 'warn'],
  expired: ['Expired', 'ended'],
  stopped: ['Stopped here', 'ended'],
  ended: ['Ended', 'ended'],
  unreadable: ['Unreadable', 'ended'],
}

/** The one that says why, where the chain did: `Revoked`. */
export function statusBadge({ status, why }: Standing): Html {
  const [words, badge] = STATUS[status]
  const revoked = status === 'ended' && why !== null && /(?:^|, )(?:group_)?revoked(?:,|$)/.test(why)
  return html`<span class="badge ${badge}">${revoked ? 'Revoked' : words}</span>`
}

/** An address short enough for a card, whole for who asks. */
export function account(address: Address): Html {
  const whole = actorText(address)
  const short = whole.startsWith('0x') ? `${whole.slice(0, 6)}…${whole.slice(-4)}` : whole
  return html`<code title="${toChecksum(address)}">${short}</code>`
}

/** `12.5 USDC`. The symbol is a token's own word. */
export function amountText(amount: bigint, asset: Asset, assets: Scope['assets']): string {
  const symbol = asset === 'native' ? 'native coin' : symbolText(assets[asset]?.symbol ?? '?')
  return `${grouped(formatAmount(amount, decimalsOf(asset, assets)))} ${symbol}`
}

/** Thousands apart, by a narrow blank: `6 100.25`. */
export function grouped(amount: string): string {
  const [whole = '', fraction] = amount.split('.')
  const apart = whole.replace(/\B(?=(?:\d{3})+$)/g, '\u202f')
  return fraction === undefined ? apart : `${apart}.${fraction}`
}

export function instant(seconds: bigint): Html {
  return html`<time>${instantInWords(seconds)}</time>`
}

export function untilText({ expiry }: Scope): string {
  return instantInWords(parseInstant(expiry))
}

/** As of when a page is true: every figure on it is of this block. */
export function readingLine({ chain, block, at }: Reading): Html {
  if (block === null) {
    return html`Read ${instant(at)} from this machine. No chain was asked: what was used is not known.`
  }
  return html`Read ${instant(at)} at block <span class="num">${block.number}</span> of ${say(chain, 60)}.`
}

/** A fragment as the beginning of a line. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
