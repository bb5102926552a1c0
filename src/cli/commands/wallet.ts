import { chainName } from '../chains.ts'
import type { Command } from '../command.ts'
import { facts, lines, table } from '../output.ts'
import { readPermissions, savePermission } from '../permissions.ts'
import { CHAIN_OPTIONS, chooseChain } from '../session.ts'

export const walletImport: Command = {
  name: 'wallet import',
  summary: 'Keep a permission that a wallet granted, by a name',
  description:
    'The context that ERC-7715 answered with. `ambit revoke --all` then says by name that it ends with the account’s nonce, as every permission of MetaMask does.',
  arguments: [
    { name: 'name', description: 'what to call it' },
    { name: 'context', description: '0x context, or - for standard input' },
  ],
  options: CHAIN_OPTIONS.slice(0, 1),
  examples: ['ambit wallet import subscriptions 0x0000…0000 --chain base'],
  async run(context) {
    const [name = '', text = ''] = context.args
    const { decodeContext } = await import('../../delegation/context.ts')
    const { parseHex } = await import('../../primitives/hex.ts')
    const bytes = parseHex((text === '-' ? await context.stdin() : text).trim())
    const delegations = decodeContext(bytes)
    const { id } = chooseChain(context)
    const path = savePermission(context.home(), { name, chainId: id, context: bytes })
    return {
      data: { name, chainId: id, links: delegations.length, file: path },
      text: facts([
        ['permission', name],
        ['chain', chainName(id)],
        ['from', delegations.at(-1)?.delegator ?? ''],
        ['to', delegations[0]?.delegate ?? ''],
        ['file', path],
      ]),
    }
  },
}

export const walletLs: Command = {
  name: 'wallet ls',
  summary: 'List the permissions of wallets that are kept here',
  examples: ['ambit wallet ls'],
  async run(context) {
    const { decodeContext } = await import('../../delegation/context.ts')
    const rows = readPermissions(context.home()).map(({ name, chainId, context: bytes }) => {
      const delegations = decodeContext(bytes)
      return { name, chainId, from: delegations.at(-1)?.delegator ?? '', to: delegations[0]?.delegate ?? '' }
    })
    return {
      data: { permissions: rows },
      text:
        rows.length === 0
          ? lines('No permissions. Keep one with `ambit wallet import`.')
          : table(
              ['NAME', 'CHAIN', 'FROM', 'TO'],
              rows.map(({ name, chainId, from, to }) => [name, chainName(chainId), from, to]),
            ),
    }
  },
}
