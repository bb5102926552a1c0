import { encodeFunctionData, parseAbiItem } from 'viem'
import { ZERO_ADDRESS } from '../primitives/address.ts'
import { MAX_UINT256, parseAmount } from '../primitives/amount.ts'
import { type Address, byteLength, bytesToUint, type Hex, parseHex, sliceBytes } from '../primitives/hex.ts'
import { parseJson } from '../primitives/json.ts'
import { APPROVE_SELECTOR } from '../scope/calldata.ts'
import { parseFunction } from '../scope/index.ts'
import type { Asset, Scope } from '../scope/types.ts'
import type { Call } from '../verdict/types.ts'
import { parseToken } from './assets.ts'
import type { Context } from './command.ts'
import { CliError } from './errors.ts'
import { EXIT } from './exit.ts'
import { readAccount } from './grantFlags.ts'
import type { Session } from './session.ts'

/** `transfer`: `--to`, `--amount` in display units, `--token` where the grant has several assets. */
export async function transferCall(context: Context, session: Session, scope: Scope): Promise<Call> {
  const to = await readAccount(context, required(context, 'to'))
  const amountText = required(context, 'amount')
  const named = context.options['token'] as string | undefined
  const asset = named === undefined ? onlyAsset(scope) : await parseToken(session, named)
  if (asset === 'native') return { to, value: parseAmount(amountText, 18), data: '0x' }
  const decimals = scope.assets[asset]?.decimals ?? (await readDecimals(session, asset))
  const amount = parseAmount(amountText, decimals)
  const word = (value: bigint) => value.toString(16).padStart(64, '0')
  return { to: asset, value: 0n, data: `0xa9059cbb${word(BigInt(to))}${word(amount)}` }
}

/** `call`: `--function`, `--args` in its order, `--target` where the grant does not say, `--value` in wei. */
export async function contractCall(context: Context, scope: Scope): Promise<Call> {
  const signature = required(context, 'function')
  const { name, inputs, signature: canonical } = parseFunction(signature)
  const given = (context.options['args'] as readonly string[] | undefined) ?? []
  const abi = readAbi(signature)
  if (abi.inputs.length !== given.length) {
    throw usage('This function takes another number of arguments.', {
      function: name,
      takes: abi.inputs.length,
      given: given.length,
    })
  }
  const values = await Promise.all(
    abi.inputs.map((input, index) => readValue(context, input.type, given[index] ?? '', inputs[index]?.name ?? '')),
  )
  const target = context.options['target'] as string | undefined
  const value = readInteger((context.options['value'] as string | undefined) ?? '0', '--value')
  if (value < 0n || value > MAX_UINT256) throw usage('This is not an amount of wei.', { value: value.toString() })
  return {
    to: target === undefined ? onlyTarget(scope, canonical) : await readAccount(context, target),
    value,
    data: encode(abi, values),
  }
}

/**
 * What runs for a call: itself; or where its rule grants an allowance, the approval of the very amount before it and its end
 * after it, as the rule admits it. One batch, so that no allowance outlives it.
 */
export function withAllowance(scope: Scope, call: Call): readonly Call[] {
  for (const rule of scope.rules) {
    if (rule.class !== 'call' || rule.allowance === undefined || rule.target !== call.to) continue
    const { inputs, selector } = parseFunction(rule.function)
    if (!call.data.startsWith(selector)) continue
    const { asset, amount: name } = rule.allowance
    const input = inputs.find((candidate) => candidate.name === name)
    if (input === undefined || byteLength(call.data) < 4 + input.headOffset + 32) continue
    const amount = bytesToUint(sliceBytes(call.data, 4 + input.headOffset, 36 + input.headOffset))
    const approve = (most: bigint): Call => {
      const word = (value: bigint) => value.toString(16).padStart(64, '0')
      return { to: asset, value: 0n, data: `${APPROVE_SELECTOR}${word(BigInt(call.to))}${word(most)}` }
    }
    return [approve(amount), call, approve(0n)]
  }
  return [call]
}

type AbiFunction = { type: 'function'; name: string; inputs: readonly { type: string; name?: string }[] }

function readAbi(signature: string): AbiFunction {
  const text = signature.trim().startsWith('function') ? signature.trim() : `function ${signature.trim()}`
  try {
    return parseAbiItem(text as never) as AbiFunction
  } catch (cause) {
    throw new CliError('cli.usage', EXIT.usage, 'This function cannot be read.', {
      details: { function: signature },
      fix: 'Write it as in Solidity: "function pay(address to, uint256 amount)".',
      cause,
    })
  }
}

function encode(abi: AbiFunction, args: readonly unknown[]): Hex {
  try {
    return encodeFunctionData({ abi: [abi], functionName: abi.name, args } as never).toLowerCase() as Hex
  } catch (cause) {
    throw new CliError('cli.usage', EXIT.usage, 'An argument does not fit its type.', {
      details: { function: abi.name, types: abi.inputs.map(({ type }) => type) },
      fix: 'Give each argument in the form of its type; integers in range, bytes in full length.',
      cause,
    })
  }
}

/** One argument. Arrays and structs are JSON; accounts may be named. */
async function readValue(context: Context, type: string, text: string, name: string): Promise<unknown> {
  if (type.endsWith(']') || type.startsWith('tuple')) return parseJson(text)
  if (type === 'address') return text === ZERO_ADDRESS ? text : readAccount(context, text)
  if (type === 'bool') {
    if (text === 'true' || text === 'false') return text === 'true'
    throw usage('This is neither true nor false.', { argument: name, value: text })
  }
  if (/^u?int/.test(type)) return readInteger(text, name)
  return type.startsWith('bytes') ? parseHex(text) : text
}

function readInteger(text: string, name: string): bigint {
  if (/^(?:0|-?[1-9][0-9]{0,77})$/.test(text)) return BigInt(text)
  throw usage('This is not a whole number.', { argument: name, value: text })
}

function onlyAsset(scope: Scope): Asset {
  const assets = new Set(scope.rules.flatMap((rule) => (rule.class === 'transfer' ? [rule.asset] : [])))
  const [first] = assets
  if (first !== undefined && assets.size === 1) return first
  throw usage('It is not said which token.', { flag: '--token', assets: [...assets] })
}

function onlyTarget(scope: Scope, signature: string): Address {
  const targets = new Set(
    scope.rules.flatMap((rule) =>
      rule.class === 'call' && parseFunction(rule.function).signature === signature ? [rule.target] : [],
    ),
  )
  const [first] = targets
  if (first !== undefined && targets.size === 1) return first
  throw usage('It is not said which contract.', { flag: '--target', targets: [...targets] })
}

async function readDecimals(session: Session, asset: Address): Promise<number> {
  const { readAsset } = await import('../chain/readAsset.ts')
  return (await readAsset(session.node, { asset })).decimals
}

function required(context: Context, option: string): string {
  const value = context.options[option] as string | undefined
  if (value !== undefined) return value
  throw new CliError('cli.missing_option', EXIT.usage, 'The action is not fully described.', {
    details: { flag: `--${option}` },
    fix: `Give --${option}.`,
  })
}

function usage(message: string, details: Record<string, string | number | readonly string[]>): CliError {
  return new CliError('cli.usage', EXIT.usage, message, {
    details,
    fix: 'Correct the command line; see `ambit redeem --help`.',
  })
}
