import type { Address, Hex } from '../primitives/hex.ts'
import { csrfField } from './form.ts'
import { type Html, html, json, say } from './html.ts'
import type { PageContext } from './page.ts'

/** One call of `provider.request`, prepared by the server. */
export type WalletRequest = { method: 'eth_sendTransaction' | 'eth_signTypedData_v4'; params: readonly unknown[] }

export type WalletForm = {
  /** Where the answers go: a POST route of ours. */
  action: `/${string}`
  /** Who must sign: the page refuses another account before it asks, the server refuses its answer. */
  account: Address
  chainId: number
  /** In this order; the first that is refused ends it, and what was answered before is posted. */
  requests: readonly WalletRequest[]
  /** On the button, before the wallet's name: `Revoke with`. */
  verb: string
  /** Hidden fields beside the answers. */
  fields?: Readonly<Record<string, string>>
  danger?: true
}

/**
 * A form that a wallet fills: for each wallet that announces itself the page shows a button. `answers`, a JSON list of what
 * the wallet gave, is posted; read it with {@link readAnswers}. The page must be a view with `wallet: true`.
 */
export function walletForm(context: PageContext, form: WalletForm): Html {
  const { action, account, chainId, requests, verb, fields = {}, danger } = form
  const request = { account, chainId: `0x${chainId.toString(16)}`, requests, verb, danger: danger === true }
  return html`<form method="post" action="${action}" class="wallet" data-wallet="${json(request)}">
${csrfField(context)}
${Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
<input type="hidden" name="answers" value="">
<p class="wallet-status" role="status">Looking for the wallets of this browser… It signs as <code>${say(account)}</code>.</p>
<div class="wallet-choice"></div>
<noscript><p class="notice warn">A wallet signs by a script of this page, and scripts are switched off here.</p></noscript>
</form>`
}

/** Texts that the wallet answered with, each at most 64 KiB of hex; `null` where it is anything else. */
export function readAnswers(text: string): readonly Hex[] | null {
  let answers: unknown
  try {
    answers = JSON.parse(text)
  } catch {
    return null
  }
  if (!Array.isArray(answers) || answers.length > MAX_ANSWERS || !answers.every(isAnswer)) return null
  return answers.map((answer) => answer.toLowerCase() as Hex)
}

/** More than that many signatures nobody gives on one page. */
const MAX_ANSWERS = 64

function isAnswer(answer: unknown): answer is string {
  return (
    typeof answer === 'string' &&
    answer.length <= 131_074 &&
    answer.startsWith('0x') &&
    !/[^0-9a-fA-F]/.test(answer.slice(2))
  )
}
