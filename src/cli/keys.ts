import type { HDAccount, LocalAccount } from 'viem'
import { AmbitError } from '../errors.ts'
import { type Address, type Hex, parseHex } from '../primitives/hex.ts'
import { parseJson } from '../primitives/json.ts'
import { type ChainChoice, isTestChain } from './chains.ts'
import type { Context, OptionSpec } from './command.ts'
import { CliError, HomeError, KeyError } from './errors.ts'
import { EXIT } from './exit.ts'
import { decryptKeystore, keystoreAddress } from './keystore.ts'
import { readInput } from './stdin.ts'

/** Options of every command that signs. */
export const KEY_OPTIONS: readonly OptionSpec[] = [
  { flags: '--account <name>', description: 'account in the state folder; local:agent and the like on --chain local' },
  { flags: '--keystore <file>', description: 'keystore v3 file' },
  { flags: '--password-file <file>', description: 'file with the password (or AMBIT_PASSWORD)' },
  { flags: '--unsafe-env-key', description: 'accept AMBIT_PRIVATE_KEY also where real value is at stake' },
]

/** Accounts of the public test mnemonic, by what they play on the embedded chain. Everybody has these keys. */
const LOCAL_ROLES = ['principal', 'agent', 'vendor', 'supplier', 'subagent', 'guardian', 'stranger'] as const
const TEST_MNEMONIC = 'test test test test test test test test test test test junk'

/** Addresses of the named accounts of the embedded chain. */
export async function localAccounts(): Promise<readonly { name: string; account: HDAccount }[]> {
  const { mnemonicToAccount } = await import('viem/accounts')
  return LOCAL_ROLES.map((role, addressIndex) => ({
    name: `local:${role}`,
    account: mnemonicToAccount(TEST_MNEMONIC, { addressIndex }),
  }))
}

/** The account of the embedded chain with this address: everybody has its key. */
export async function localAccountAt(address: Address): Promise<HDAccount | undefined> {
  return (await localAccounts()).find(({ account }) => account.address.toLowerCase() === address)?.account
}

/**
 * The account that signs, in this order: `--account`, `--keystore`, AMBIT_PRIVATE_KEY.
 *
 * @throws {@link KeyError} `key.none`, `key.not_found`, `key.wrong_password`, `key.environment_refused`, …
 */
export async function loadSigner(context: Context, chain: ChainChoice): Promise<LocalAccount> {
  const { options, env, output } = context
  const name = options['account'] as string | undefined
  if (name?.startsWith('local:')) return localSigner(name, chain)
  const { privateKeyToAccount } = await import('viem/accounts')
  const file = options['keystore'] as string | undefined
  if (name !== undefined || file !== undefined) {
    const text = name !== undefined ? readAccount(context, name) : readInput(file ?? '')
    const document = parseJson(text)
    return privateKeyToAccount(await unlock(context, document, name ?? file ?? ''))
  }
  const raw = env['AMBIT_PRIVATE_KEY']
  if (raw === undefined || raw === '') {
    throw new KeyError('key.none', 'There is no key to sign with.', {
      fix: chain.embedded
        ? 'Give --account, for example --account local:principal.'
        : 'Give --account <name> (see `ambit account new`) or --keystore <file>.',
    })
  }
  output.keepSecret(raw)
  if (!isTestChain(chain.id) && options['unsafeEnvKey'] !== true) {
    throw new KeyError('key.environment_refused', 'A key in the environment is refused on this chain.', {
      details: { chainId: chain.id },
      fix: 'Use a keystore (`ambit account import`); if you must, add --unsafe-env-key.',
    })
  }
  output.warn('AMBIT_PRIVATE_KEY is used: every process of yours can read it. A keystore is safer.')
  return privateKeyToAccount(parsePrivateKey(context, raw, 'AMBIT_PRIVATE_KEY'))
}

/** The address a name stands for, without its key: what may be written wherever an address may. */
export async function accountAddress(context: Context, name: string): Promise<Address | undefined> {
  if (name.startsWith('local:')) {
    const found = (await localAccounts()).find((entry) => entry.name === name)
    return found?.account.address.toLowerCase() as Address | undefined
  }
  if (!context.home().list('keystores').includes(name)) return undefined
  return keystoreAddress(parseJson(readAccount(context, name)))
}

/** Asks for the password (terminal, `--password-file`, AMBIT_PASSWORD) and opens the keystore. */
export async function unlock(context: Context, keystore: unknown, name: string): Promise<Hex> {
  const password = await readPassword(context, `Password of ${name}`)
  const privateKey = await decryptKeystore(keystore, password)
  keepKey(context, privateKey)
  return privateKey
}

/** A password, from where the caller put it. One line end is taken off a file: editors add it. */
export async function readPassword(context: Context, question: string): Promise<string> {
  const file = context.options['passwordFile'] as string | undefined
  const password =
    file !== undefined
      ? readInput(file).replace(/\r?\n$/, '')
      : (context.env['AMBIT_PASSWORD'] ?? (await context.prompter.password(question, '--password-file <file>')))
  context.output.keepSecret(password)
  return password
}

/**
 * A private key in hexadecimal, with or without 0x.
 *
 * @throws {@link KeyError} `key.invalid`, without the text: it may be a mistyped key.
 */
export function parsePrivateKey(context: Context, text: string, from: string): Hex {
  const trimmed = text.trim()
  context.output.keepSecret(trimmed)
  try {
    const key = parseHex(trimmed.startsWith('0x') ? trimmed : `0x${trimmed}`, 32)
    keepKey(context, key)
    const scalar = BigInt(key)
    if (scalar > 0n && scalar < ORDER) return key
  } catch (error) {
    if (!(error instanceof AmbitError)) throw error
  }
  throw new KeyError('key.invalid', 'This is not a private key.', {
    details: { from },
    fix: 'Give 32 bytes in hexadecimal, from 1 to the order of secp256k1 less one.',
  })
}

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

function keepKey(context: Context, key: Hex): void {
  context.output.keepSecret(key)
  context.output.keepSecret(key.slice(2))
}

function readAccount(context: Context, name: string): string {
  const home = context.home()
  let text: string | undefined
  try {
    text = home.read(home.file('keystores', `${name}.json`))
  } catch (error) {
    if (!(error instanceof HomeError && error.code === 'home.bad_name')) throw error
  }
  if (text !== undefined) return text
  throw new KeyError('key.not_found', 'There is no account with this name.', {
    details: { name, accounts: home.list('keystores') },
    fix: 'See `ambit account ls`, or make one with `ambit account new <name>`.',
  })
}

async function localSigner(name: string, chain: ChainChoice): Promise<LocalAccount> {
  if (!chain.embedded) {
    // Whatever is sent to these addresses on a real chain is gone in the same block.
    throw new KeyError('key.environment_refused', 'The local accounts are for the embedded chain only.', {
      details: { account: name, chainId: chain.id },
      fix: 'Use --chain local, or an account of your own.',
    })
  }
  const accounts = await localAccounts()
  const found = accounts.find((entry) => entry.name === name)
  if (found !== undefined) return found.account
  throw new CliError('cli.not_found', EXIT.key, 'There is no local account with this name.', {
    details: { name, accounts: accounts.map((entry) => entry.name) },
    fix: 'Give one of these.',
  })
}
