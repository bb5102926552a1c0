import { decodeFunctionData } from 'viem'
import { disableAbi } from '../../chain/disable.ts'
import { money } from '../../dapp/describe/words.ts'
import { renderValue } from '../../errors.ts'
import { toChecksum } from '../../primitives/address.ts'
import type { Address, Hex } from '../../primitives/hex.ts'
import type { Chain } from './context.ts'
import type { DevWalletCall, Question } from './types.ts'

/** A question in words, all of them safe to show. Rows are label and value. */
export type Words = {
  title: string
  /** Of the button that says yes. */
  confirm: string
  sentence?: string
  rows: readonly Row[]
  warnings: readonly string[]
}

type Row = readonly [label: string, value: string]

/** More rows than anybody reads: what matters would be hidden among them. */
const MAX_ROWS = 60

/** What a person is shown of a question. Text of a page is escaped and bounded. */
export function wordsOf(question: Question, chains: ReadonlyMap<number, Chain>): Words {
  const words = wholeWords(question, chains)
  const { rows, warnings } = words
  if (rows.length <= MAX_ROWS) return words
  const cut = `Only ${MAX_ROWS} of ${rows.length} lines are shown: do not confirm what you cannot see.`
  return { ...words, rows: rows.slice(0, MAX_ROWS), warnings: [...warnings, cut] }
}

function wholeWords(question: Question, chains: ReadonlyMap<number, Chain>): Words {
  const network = (chainId: number): Row => ['Network', chains.get(chainId)?.name ?? `Chain ${chainId}`]
  switch (question.kind) {
    case 'connect':
      return {
        title: 'Connect to this page?',
        confirm: 'Connect',
        sentence: 'The page sees these addresses and may ask you for signatures. It can spend nothing by itself.',
        rows: question.accounts.map((account, index) => [`Account ${index + 1}`, toChecksum(account)]),
        warnings: [],
      }
    case 'permission':
      return permissionWords(question)
    case 'typedData': {
      const { domain, primaryType, message } = question.typedData
      return {
        title: 'Sign this message?',
        confirm: 'Sign',
        rows: [
          ['Account', toChecksum(question.account)],
          network(question.chainId),
          ['Contract', plain(domain['verifyingContract'])],
          ['Type', plain(primaryType)],
          ...Object.entries(message).map(([name, value]): Row => [plain(name), plain(value)]),
        ],
        warnings: [],
      }
    }
    case 'message':
      return {
        title: 'Sign this message?',
        confirm: 'Sign',
        rows: [
          ['Account', toChecksum(question.account)],
          ['Message', plain(readable(question.message))],
        ],
        warnings: [],
      }
    case 'transaction': {
      const { calls, account, chainId } = question
      const own: Row[] = [['Account', toChecksum(account)], network(chainId)]
      const ended = calls.length === 1 && calls[0] ? endedBy(calls[0], chains.get(chainId)) : undefined
      if (ended !== undefined) return { ...REVOCATION, rows: [...own, ['Recipient', toChecksum(ended)]] }
      return {
        title: calls.length > 1 ? `Send these ${calls.length} calls?` : 'Send this transaction?',
        confirm: 'Send',
        rows: [...own, ...calls.flatMap(callRows)],
        warnings: [],
      }
    }
    case 'chain':
      return {
        title: question.added ? 'Add this network and go there?' : 'Go to this network?',
        confirm: 'Switch',
        rows: [
          ['Network', question.name],
          ['Chain id', String(question.chainId)],
        ],
        warnings: [],
      }
    case 'revocation': {
      const { account, chainId, delegate } = question
      return {
        ...REVOCATION,
        rows: [['Account', toChecksum(account)], network(chainId), ['Recipient', toChecksum(delegate)]],
      }
    }
  }
}

const REVOCATION = {
  title: 'End this permission?',
  confirm: 'Revoke',
  sentence: 'From the block of this transaction on, the recipient can spend nothing under it.',
  warnings: [],
} as const

/** The wallet's confirmation in the words that a page's preview has. Who asks stands above it already. */
function permissionWords({ view }: Question & { kind: 'permission' }): Words {
  const { exposure, rows, sentence, warnings, tokens } = view
  const shown = rows.filter(({ views, id }) => views.includes('confirmation') && id !== 'requestFrom')
  const { asset, untilExpiry } = exposure
  return {
    title: 'Grant this permission?',
    confirm: 'Confirm',
    sentence,
    rows: [
      ...shown.map(({ label, text }): Row => [label, text]),
      ...(asset === null || untilExpiry === 'unknown'
        ? []
        : [['Most that can leave', money(untilExpiry, asset, tokens)] as const]),
    ],
    warnings: warnings.map(({ text }) => text),
  }
}

function callRows({ to, value, data }: DevWalletCall): Row[] {
  return [
    ['To', toChecksum(to)],
    ['Value', money(value, 'native', {})],
    ...(data === '0x' ? [] : [['Data', plain(data)] as const]),
  ]
}

/** The delegate of the delegation that a call to the manager ends; `undefined` for any other call. */
function endedBy({ to, data }: DevWalletCall, chain: Chain | undefined): Address | undefined {
  if (to !== chain?.environment?.manager) return undefined
  try {
    return decodeFunctionData({ abi: disableAbi, data }).args[0].delegate.toLowerCase() as Address
  } catch {
    return undefined
  }
}

/** Text where the bytes are text. */
function readable(message: Hex): string {
  try {
    const bytes = Uint8Array.from(message.slice(2).match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return message
  }
}

function plain(value: unknown): string {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'string') return renderValue(value).replace(/^"|"$/g, '')
  const json = JSON.stringify(value, (_, entry) => (typeof entry === 'bigint' ? entry.toString() : entry))
  return renderValue(json === undefined ? null : JSON.parse(json))
}
