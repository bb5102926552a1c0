import { stringToHex, type TypedDataDefinition } from 'viem'
import { isHex } from '../../primitives/hex.ts'
import { type Context, lower, type Method } from './context.ts'
import { INVALID_PARAMS, invalid, ProviderError, UNAUTHORIZED } from './errors.ts'
import { address, fields, list, text } from './params.ts'
import type { TypedDataMessage } from './types.ts'

/** Methods that sign something and send nothing. */
export const signingMethods: Readonly<Record<string, Method>> = {
  eth_signTypedData_v4: async (context, [signer, given]) => {
    const account = context.account(address(signer, 'params[0]'))
    const typedData = readTypedData(given)
    const { chainId } = context.chain()
    assertOwnChain(typedData, chainId)
    assertNoDelegation(context, typedData)
    await context.ask({ kind: 'typedData', account: lower(account), chainId, typedData })
    return account.signTypedData(typedData as unknown as TypedDataDefinition)
  },
  personal_sign: async (context, [given, signer]) => {
    const account = context.account(address(signer, 'params[1]'))
    const words = text(given, 'params[0]')
    const message = isHex(words) ? words : stringToHex(words)
    await context.ask({ kind: 'message', account: lower(account), message })
    return account.signMessage({ message: { raw: message } })
  },
}

function readTypedData(given: unknown): TypedDataMessage {
  const read = fields(typeof given === 'string' ? parsed(given) : given, 'params[1]')
  const types = fields(read['types'], 'types')
  for (const [name, members] of Object.entries(types)) list(members, `types.${name}`)
  return {
    domain: fields(read['domain'], 'domain'),
    types: types as TypedDataMessage['types'],
    primaryType: text(read['primaryType'], 'primaryType'),
    message: fields(read['message'], 'message'),
  }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (cause) {
    throw new ProviderError(INVALID_PARAMS, 'Invalid params: params[1] must be typed data.', undefined, cause)
  }
}

/** Typed data without a chain would hold on every chain, those with money on them too. */
function assertOwnChain({ domain }: TypedDataMessage, chainId: number): void {
  const given = domain['chainId']
  const known = typeof given === 'number' || typeof given === 'string' || typeof given === 'bigint'
  if (known && String(given).trim() !== '' && Number(given) === chainId) return
  throw invalid('domain.chainId', `${chainId}, the chain that the wallet is on`)
}

/** A page that could have any delegation signed would not need to ask for a permission. */
function assertNoDelegation({ accounts, rawDelegations }: Context, { primaryType, message }: TypedDataMessage): void {
  if (rawDelegations || primaryType !== 'Delegation') return
  const delegator = String(message['delegator']).toLowerCase()
  if (!accounts.some((account) => lower(account) === delegator)) return
  throw new ProviderError(UNAUTHORIZED, 'The wallet signs no delegation that a page wrote for one of its accounts.')
}
