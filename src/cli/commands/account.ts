import type { Address, Hex } from '../../primitives/hex.ts'
import { parseJson } from '../../primitives/json.ts'
import { parseChain } from '../chains.ts'
import type { Command, Context, Result } from '../command.ts'
import { CliError, KeyError } from '../errors.ts'
import { EXIT } from '../exit.ts'
import { localAccounts, parsePrivateKey, readPassword, unlock } from '../keys.ts'
import { encryptKeystore, keystoreAddress } from '../keystore.ts'
import { facts, lines, table, untrusted } from '../output.ts'
import { readInput } from '../stdin.ts'

const PASSWORD = { flags: '--password-file <file>', description: 'file with the password (or AMBIT_PASSWORD)' }
const NAME = { name: 'name', description: 'name of the account on this machine' }

export const accountNew: Command = {
  name: 'account new',
  summary: 'Make a key and keep it in a keystore file',
  description:
    'The file is a version 3 keystore (scrypt), readable by cast and geth; without the password it is useless.',
  arguments: [NAME],
  options: [PASSWORD],
  examples: ['ambit account new principal', 'ambit account new agent --password-file ./password --json'],
  async run(context) {
    const name = newName(context)
    const password = await newPassword(context, name)
    const { generatePrivateKey } = await import('viem/accounts')
    const privateKey = parsePrivateKey(context, generatePrivateKey(), 'generated')
    return store(context, name, privateKey, password)
  },
}

export const accountImport: Command = {
  name: 'account import',
  summary: 'Keep a key that exists in a keystore file',
  description:
    'Takes a keystore file of another tool, or a private key from standard input or AMBIT_PRIVATE_KEY: never from the command line, where every process can read it.',
  arguments: [NAME],
  options: [
    { flags: '--keystore <file>', description: 'keystore v3 file of cast, geth or another tool' },
    { flags: '--key-stdin', description: 'read a private key from standard input' },
    PASSWORD,
  ],
  examples: [
    'ambit account import treasury --keystore ~/.foundry/keystores/treasury',
    'ambit account import agent --key-stdin --password-file ./password < key',
  ],
  async run(context) {
    const name = newName(context)
    const file = context.options['keystore'] as string | undefined
    if (file !== undefined) {
      const document = parseJson(readInput(file))
      const privateKey = await unlock(context, document, file)
      // One password for both: the file stays readable with what its owner knows already.
      return store(context, name, privateKey, await readPassword(context, `Password for ${name}`))
    }
    const fromStdin = context.options['keyStdin'] === true
    const raw = fromStdin ? await context.stdin() : context.env['AMBIT_PRIVATE_KEY']
    if (raw === undefined || raw === '') {
      throw new CliError('cli.missing_option', EXIT.usage, 'It is not said where the key is.', {
        fix: 'Give --keystore <file> or --key-stdin, or set AMBIT_PRIVATE_KEY.',
      })
    }
    const privateKey = parsePrivateKey(context, raw, fromStdin ? 'standard input' : 'AMBIT_PRIVATE_KEY')
    return store(context, name, privateKey, await newPassword(context, name))
  },
}

export const accountLs: Command = {
  name: 'account ls',
  summary: 'List the accounts of this machine',
  options: [{ flags: '--chain <name>', description: 'with "local": also the accounts of the embedded chain' }],
  examples: ['ambit account ls', 'ambit account ls --chain local'],
  async run(context) {
    const home = context.home()
    const rows = home.list('keystores').map((name) => shown(context, name))
    const chain = context.options['chain'] as string | undefined
    if (chain !== undefined && parseChain(chain).embedded) {
      for (const { name, account } of await localAccounts()) {
        rows.push({ name, address: account.address.toLowerCase(), keystore: null })
      }
    }
    const text =
      rows.length === 0
        ? lines('No accounts yet. Make one with `ambit account new <name>`.')
        : table(
            ['NAME', 'ADDRESS', 'KEYSTORE'],
            await Promise.all(
              rows.map(async (row) => [row.name, await forPeople(row.address), row.keystore ?? 'public test key']),
            ),
          )
    return { data: { accounts: rows }, text }
  },
}

export const accountShow: Command = {
  name: 'account show',
  summary: 'Show one account; with --unlock, prove that its password opens it',
  arguments: [NAME],
  options: [{ flags: '--unlock', description: 'decrypt the keystore and compare the address' }, PASSWORD],
  examples: ['ambit account show principal', 'ambit account show principal --unlock'],
  async run(context) {
    const name = context.args[0] ?? ''
    const local = (await localAccounts()).find((entry) => entry.name === name)
    if (local !== undefined) {
      const data = { name, address: local.account.address.toLowerCase(), keystore: null, unlocked: true }
      return {
        data,
        text: facts([
          ['name', name],
          ['address', local.account.address],
          ['key', 'public test key'],
        ]),
      }
    }
    const text = readKeystore(context, name)
    const unlocked = context.options['unlock'] === true
    if (unlocked) await unlock(context, parseJson(text), name)
    const row = { ...shown(context, name), unlocked }
    return {
      data: row,
      text: facts([
        ['name', name],
        ['address', await forPeople(row.address)],
        ['keystore', row.keystore ?? ''],
        ['password', unlocked ? 'opens it' : 'not tried'],
      ]),
    }
  },
}

async function store(context: Context, name: string, privateKey: Hex, password: string): Promise<Result> {
  const home = context.home()
  const keystore = await encryptKeystore(privateKey, password, context.random)
  const path = home.file('keystores', `${name}.json`)
  home.create(path, `${JSON.stringify(keystore, null, 2)}\n`)
  const row = shown(context, name)
  return {
    data: row,
    text: facts([
      ['name', name],
      ['address', await forPeople(row.address)],
      ['keystore', row.keystore ?? ''],
    ]),
  }
}

function shown(context: Context, name: string): { name: string; address: string | null; keystore: string | null } {
  const home = context.home()
  const path = home.file('keystores', `${name}.json`)
  let address: Address | undefined
  try {
    address = keystoreAddress(parseJson(home.read(path) ?? ''))
  } catch {
    context.output.warn(`${untrusted(path)} is not a keystore file that can be read.`)
  }
  return { name, address: address ?? null, keystore: path }
}

/** Checksummed; loaded late, as it brings viem. */
async function forPeople(address: string | null): Promise<string> {
  if (address === null) return 'unreadable'
  const { toChecksum } = await import('../../primitives/address.ts')
  return toChecksum(address as Address)
}

function readKeystore(context: Context, name: string): string {
  const home = context.home()
  const text = home.read(home.file('keystores', `${name}.json`))
  if (text !== undefined) return text
  throw new KeyError('key.not_found', 'There is no account with this name.', {
    details: { name, accounts: home.list('keystores') },
    fix: 'See `ambit account ls`.',
  })
}

/** The name, free and usable: checked before a password is asked for. */
function newName(context: Context): string {
  const name = context.args[0] ?? ''
  const home = context.home()
  if (home.read(home.file('keystores', `${name}.json`)) === undefined) return name
  throw new KeyError('key.exists', 'There is an account with this name already.', {
    details: { name },
    fix: 'Choose another name. Ambit never overwrites or deletes a key.',
  })
}

async function newPassword(context: Context, name: string): Promise<string> {
  const password = await readPassword(context, `New password for ${name}`)
  if (password.length < 8) {
    throw new KeyError('key.weak_password', 'This password is too short to protect a key.', {
      details: { characters: password.length, least: 8 },
      fix: 'Choose a longer one.',
    })
  }
  const asked = context.options['passwordFile'] === undefined && context.env['AMBIT_PASSWORD'] === undefined
  if (asked && (await context.prompter.password('The same password again', '--password-file <file>')) !== password) {
    throw new KeyError('key.wrong_password', 'The two passwords differ.', { fix: 'Type the same password twice.' })
  }
  return password
}
