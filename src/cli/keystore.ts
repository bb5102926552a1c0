import { pbkdf2, scrypt } from 'node:crypto'
import { promisify } from 'node:util'
import { type Address, type Hex, parseHex } from '../primitives/hex.ts'
import { KeyError } from './errors.ts'

/** A keystore file, version 3 (Web3 Secret Storage), with the `address` that geth looks accounts up by. */
export type KeystoreFile = {
  address: string
  crypto: {
    cipher: 'aes-128-ctr'
    ciphertext: string
    cipherparams: { iv: string }
    kdf: 'scrypt'
    kdfparams: { dklen: number; n: number; p: number; r: number; salt: string }
    mac: string
  }
  id: string
  version: 3
}

/** geth's standard strength: 256 MiB and about half a second a guess. */
const SCRYPT = { n: 262_144, r: 8, p: 1, dklen: 32 } as const
/** A hostile file may not make us take more than this: memory in bytes, and iterations. */
const MOST_MEMORY = 1_073_741_824
const MOST_ITERATIONS = 10_000_000

/** Encrypts a private key. `random` gives salt, initialisation vector and identifier. */
export async function encryptKeystore(
  privateKey: Hex,
  password: string,
  random: (bytes: number) => Uint8Array,
): Promise<KeystoreFile> {
  const { Keystore } = await import('ox')
  const { privateKeyToAddress } = await import('viem/accounts')
  const salt = Buffer.from(random(32))
  const id = uuid(random(16))
  const kdfparams = { ...SCRYPT, salt: salt.toString('hex') }
  const key = await deriveScrypt(password, kdfparams)
  const keystore = Keystore.encrypt(privateKey, key, { iv: random(16), id, kdf: 'scrypt', kdfparams })
  return {
    address: privateKeyToAddress(privateKey).slice(2).toLowerCase(),
    crypto: { ...keystore.crypto, kdf: 'scrypt', kdfparams },
    id,
    version: 3,
  }
}

/**
 * The private key in a keystore file, ours or another tool's (scrypt or PBKDF2).
 *
 * @throws {@link KeyError} `key.invalid_keystore`, `key.wrong_password`, and `key.wrong_signer` when the key is not that
 * of the address the file shows: one would have signed as somebody else.
 */
export async function decryptKeystore(document: unknown, password: string): Promise<Hex> {
  const { crypto, address } = readShape(document)
  const key =
    crypto.kdf === 'scrypt'
      ? await deriveScrypt(password, crypto.kdfparams)
      : await derivePbkdf2(password, crypto.kdfparams)
  const { Keystore } = await import('ox')
  let privateKey: Hex
  try {
    // ox reads `kdf` for the derivation only, which was done above, bounded and off the main thread.
    privateKey = parseHex(Keystore.decrypt({ crypto, id: '', version: 3 } as never, key), 32)
  } catch {
    throw new KeyError('key.wrong_password', 'The password does not open this keystore.', {
      fix: 'Give the password it was made with.',
    })
  }
  const { privateKeyToAddress } = await import('viem/accounts')
  if (address !== undefined && privateKeyToAddress(privateKey).toLowerCase() !== address) {
    throw new KeyError('key.wrong_signer', 'The key in this keystore is not that of the address it shows.', {
      details: { shown: address },
      fix: 'Do not use this file; make a new one from the key.',
    })
  }
  return privateKey
}

/** The address a keystore file shows, unproven until it is decrypted. */
export function keystoreAddress(document: unknown): Address | undefined {
  return readShape(document).address
}

type Scrypt = { n: number; r: number; p: number; salt: string }
type Pbkdf2 = { c: number; salt: string }
type Shape = {
  address: Address | undefined
  crypto: {
    cipher: string
    ciphertext: string
    cipherparams: { iv: string }
    mac: string
  } & ({ kdf: 'scrypt'; kdfparams: Scrypt } | { kdf: 'pbkdf2'; kdfparams: Pbkdf2 })
}

function readShape(document: unknown): Shape {
  const file = record(document, 'file')
  if (file['version'] !== 3) throw invalid('version')
  // Some tools write `Crypto`.
  const crypto = record(file['crypto'] ?? file['Crypto'], 'crypto')
  if (crypto['cipher'] !== 'aes-128-ctr') throw invalid('cipher')
  const params = record(crypto['kdfparams'], 'kdfparams')
  if (params['dklen'] !== 32) throw invalid('dklen')
  const shared = {
    cipher: 'aes-128-ctr',
    ciphertext: bytes(crypto['ciphertext'], 'ciphertext', 32),
    cipherparams: { iv: bytes(record(crypto['cipherparams'], 'cipherparams')['iv'], 'iv', 16) },
    mac: bytes(crypto['mac'], 'mac', 32),
  }
  const salt = bytes(params['salt'], 'salt')
  const address = file['address'] === undefined ? undefined : shownAddress(file['address'])
  if (crypto['kdf'] === 'scrypt') {
    const n = integer(params['n'], 'n')
    const r = integer(params['r'], 'r')
    const p = integer(params['p'], 'p')
    if ((n & (n - 1)) !== 0 || n < 2 || 128 * n * r > MOST_MEMORY || n * r * p > MOST_MEMORY / 32) throw invalid('n')
    return { address, crypto: { ...shared, kdf: 'scrypt', kdfparams: { n, r, p, salt } } }
  }
  if (crypto['kdf'] === 'pbkdf2' && params['prf'] === 'hmac-sha256') {
    const c = integer(params['c'], 'c')
    if (c > MOST_ITERATIONS) throw invalid('c')
    return { address, crypto: { ...shared, kdf: 'pbkdf2', kdfparams: { c, salt } } }
  }
  throw invalid('kdf')
}

async function deriveScrypt(password: string, { n, r, p, salt }: Scrypt): Promise<Hex> {
  // Node's own derivation: half a second where the JavaScript one takes three.
  const derive = promisify<string, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(scrypt)
  const key = await derive(password, Buffer.from(salt, 'hex'), 32, {
    N: n,
    r,
    p,
    maxmem: 128 * n * r + 128 * r * p + 65_536,
  })
  return `0x${key.toString('hex')}`
}

async function derivePbkdf2(password: string, { c, salt }: Pbkdf2): Promise<Hex> {
  const key = await promisify(pbkdf2)(password, Buffer.from(salt, 'hex'), c, 32, 'sha256')
  return `0x${key.toString('hex')}`
}

function record(value: unknown, field: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(field)
  return value as Record<string, unknown>
}

function bytes(value: unknown, field: string, size?: number): string {
  if (typeof value !== 'string' || !/^(?:[0-9a-fA-F]{2}){1,64}$/.test(value)) throw invalid(field)
  if (size !== undefined && value.length !== size * 2) throw invalid(field)
  return value.toLowerCase()
}

function integer(value: unknown, field: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1 || value > 0x7fffffff) throw invalid(field)
  return value
}

function shownAddress(value: unknown): Address {
  if (typeof value !== 'string' || !/^(?:0x)?[0-9a-fA-F]{40}$/.test(value)) throw invalid('address')
  return `0x${value.replace(/^0x/, '').toLowerCase()}`
}

function invalid(field: string): KeyError {
  return new KeyError('key.invalid_keystore', 'This is not a keystore file that can be read.', {
    details: { field },
    fix: 'Give a version 3 keystore (aes-128-ctr; scrypt or pbkdf2), as cast, geth or `ambit account new` write it.',
  })
}

/** A version 4 UUID from 16 random bytes. */
function uuid(random: Uint8Array): string {
  const b = Buffer.from(random)
  b[6] = ((b[6] ?? 0) & 0x0f) | 0x40
  b[8] = ((b[8] ?? 0) & 0x3f) | 0x80
  const hex = b.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
