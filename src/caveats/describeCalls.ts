import { toChecksum } from '../primitives/address.ts'
import { byteLength, type Hex } from '../primitives/hex.ts'
import type { CaveatOf } from './codec.ts'
import { assetAmount, type DescribeOptions, type Description, joined, plain, warned } from './description.ts'
import type { Execution, RevocationMethod } from './types.ts'
import { bytesInWords, integerInWords, listInWords, shownInWords, type Worded } from './words.ts'

export function describeCalldata(start: bigint, value: Hex, options: DescribeOptions): Description {
  const size = byteLength(value)
  if (options.erc20Transfer && start === 4n && size === 32 && value.startsWith(`0x${'0'.repeat(24)}`)) {
    return plain(`Only to ${toChecksum(`0x${value.slice(26)}`)}`)
  }
  if (start === 0n && size === 4) return plain(`Only the function with selector ${value}`)
  const where = `bytes ${integerInWords(start)} to ${integerInWords(start + BigInt(size) - 1n)} of the calldata`
  return plain(`Only where ${where} are ${bytesInWords(value)}`)
}

export function describeExecution(execution: Execution, options: DescribeOptions): Description {
  return joined('Only exactly this call: ', callInWords(execution, options))
}

export function describeBatch(executions: readonly Execution[], options: DescribeOptions): Description {
  const calls = executions.map((execution) => callInWords(execution, options))
  return joined(`Only exactly this batch of ${executions.length}: `, shownInWords(calls, ', then '))
}

export function describeBatchCalldata(executions: readonly Execution[]): Description {
  const data = executions.map((execution) => ({ text: dataText(execution.data), warnings: [] }))
  return warned(
    joined(
      `Only batches of ${executions.length} with `,
      shownInWords(data, ', then '),
      '; to any contract and with any native coin',
    ),
    'Targets and values in it are not compared: the same bytes may go to any contract.',
  )
}

export function describeAction(caveat: CaveatOf<'specificActionBatch'>, options: DescribeOptions): Description {
  const { token, recipient, amount, first } = caveat
  return joined(
    'Once, and only this batch: ',
    callInWords(first, options),
    ', then exactly ',
    assetAmount(amount, token, options),
    ` (token ${toChecksum(token)}) to ${toChecksum(recipient)}`,
  )
}

const REVOKED: Readonly<Record<RevocationMethod, string>> = {
  erc20Approve: 'ERC-20 approvals',
  erc721Approve: 'approvals of one NFT',
  setApprovalForAll: 'approvals of a whole collection',
  permit2Approve: 'Permit2 allowances',
  permit2Lockdown: 'several Permit2 allowances at once',
  permit2InvalidateNonces: 'Permit2 signatures that are not used yet',
}

export function describeRevocation(methods: readonly RevocationMethod[]): Description {
  return joined('Only taking back ', listInWords(methods.map((method) => REVOKED[method])), ', of any token')
}

function callInWords({ target, value, data }: Execution, options: DescribeOptions): Worded {
  const to = `${toChecksum(target)} with ${dataText(data)}`
  if (value === 0n) return { text: to, warnings: [] }
  const { sentence: text, warnings } = joined(`${to} and `, assetAmount(value, 'native', options))
  return { text, warnings }
}

function dataText(data: Hex): string {
  return data === '0x' ? 'no calldata' : `the calldata ${bytesInWords(data)}`
}
