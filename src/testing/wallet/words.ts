import { renderValue } from '../../errors.ts'
import { toChecksum } from '../../primitives/address.ts'
import type { Chain } from './context.ts'
import type { Question } from './types.ts'

/** A question in words. Rows are label and value. */
export type Words = {
  title: string
  confirm: string
  sentence?: string
  rows: readonly (readonly [label: string, value: string])[]
  warnings: readonly string[]
}

/** What a person is shown of a question. Text of a page is escaped and bounded. */
export function wordsOf(question: Question, chains: ReadonlyMap<number, Chain>): Words {
  const network = (chainId: number) => ['Network', chains.get(chainId)?.name ?? String(chainId)] as const
  switch (question.kind) {
    case 'connect':
      return {
        title: 'Connect to this page?',
        confirm: 'Connect',
        rows: question.accounts.map((account, index) => [`Account ${index + 1}`, toChecksum(account)]),
        warnings: [],
      }
    case 'permission': {
      const { chainId, to, permission, rules } = question.request
      const data = Object.entries(permission.data).map(([name, value]) => [name, plain(value)] as const)
      return {
        title: 'Grant this permission?',
        confirm: 'Confirm',
        rows: [
          ['Account', toChecksum(question.account)],
          ['Recipient', toChecksum(to)],
          network(chainId),
          ['Permission', permission.type],
          ...data,
          ...rules.map(
            (rule) =>
              [
                rule.type,
                rule.type === 'expiry' ? plain(rule.data.timestamp) : rule.data.addresses.join(', '),
              ] as const,
          ),
        ],
        warnings: [],
      }
    }
    case 'typedData':
      return {
        title: 'Sign this message?',
        confirm: 'Sign',
        rows: [
          ['Account', toChecksum(question.account)],
          network(question.chainId),
          ['Contract', plain(question.typedData.domain['verifyingContract'])],
          ['Type', plain(question.typedData.primaryType)],
          ...Object.entries(question.typedData.message).map(([name, value]) => [plain(name), plain(value)] as const),
        ],
        warnings: [],
      }
    case 'message':
      return {
        title: 'Sign this message?',
        confirm: 'Sign',
        rows: [
          ['Account', toChecksum(question.account)],
          ['Message', plain(question.message)],
        ],
        warnings: [],
      }
    case 'transaction':
      return {
        title: question.calls.length > 1 ? `Send these ${question.calls.length} calls?` : 'Send this transaction?',
        confirm: 'Send',
        rows: [
          ['Account', toChecksum(question.account)],
          network(question.chainId),
          ...question.calls.flatMap(({ to, value, data }) => [
            ['To', toChecksum(to)] as const,
            ['Value', `${value} wei`] as const,
            ['Data', plain(data)] as const,
          ]),
        ],
        warnings: [],
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
    case 'revocation':
      return {
        title: 'End this permission?',
        confirm: 'Revoke',
        rows: [['Account', toChecksum(question.account)], network(question.chainId)],
        warnings: [],
      }
  }
}

function plain(value: unknown): string {
  const rendered = renderValue(typeof value === 'bigint' ? value.toString() : value)
  return typeof value === 'string' || typeof value === 'bigint' ? rendered.replace(/^"|"$/g, '') : rendered
}
