import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { Keystore } from 'ox'
import { privateKeyToAddress } from 'viem/accounts'
import { beforeAll, describe, expect, test } from 'vitest'
import { codeOf, codeOfAsync } from '../../test/codes.ts'
import { decryptKeystore, encryptKeystore, type KeystoreFile, keystoreAddress } from './keystore.ts'

const KEY = '0x7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d'
const PASSWORD = 'testpassword'
/** The PBKDF2 vector of the Web3 Secret Storage Definition. */
const PBKDF2 = {
  crypto: {
    cipher: 'aes-128-ctr',
    cipherparams: { iv: '6087dab2f9fdbbfaddc31a909735c1e6' },
    ciphertext: '5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46',
    kdf: 'pbkdf2',
    kdfparams: {
      c: 262144,
      dklen: 32,
      prf: 'hmac-sha256',
      salt: 'ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd',
    },
    mac: '517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2',
  },
  id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
  version: 3,
}

let file: KeystoreFile
beforeAll(async () => {
  file = await encryptKeystore(KEY, PASSWORD, (bytes) => new Uint8Array(randomBytes(bytes)))
})

describe('encryptKeystore', () => {
  test('default', async () => {
    expect(await decryptKeystore(JSON.parse(JSON.stringify(file)), PASSWORD)).toBe(KEY)
    expect(JSON.stringify(file)).not.toContain(KEY.slice(2))
  })

  test('behavior: has what geth and cast look for', () => {
    expect(file).toMatchObject({
      address: privateKeyToAddress(KEY).slice(2).toLowerCase(),
      version: 3,
      crypto: { cipher: 'aes-128-ctr', kdf: 'scrypt', kdfparams: { n: 262144, r: 8, p: 1, dklen: 32 } },
    })
    expect(file.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })

  test('behavior: another implementation derives the key by itself and reads it', () => {
    const key = Keystore.toKey(file as never, { password: PASSWORD })
    expect(Keystore.decrypt(file as never, key)).toBe(KEY)
  })
})

describe('decryptKeystore', () => {
  test('behavior: reads the PBKDF2 vector of the definition', async () => {
    expect(await decryptKeystore(PBKDF2, PASSWORD)).toBe(KEY)
  })

  test('error: another password', async () => {
    expect((await codeOfAsync(() => decryptKeystore(PBKDF2, 'testpasswore'))).code).toBe('key.wrong_password')
  })

  test('error: the address of somebody else', async () => {
    const forged = { ...PBKDF2, address: 'f'.repeat(40) }
    expect((await codeOfAsync(() => decryptKeystore(forged, PASSWORD))).code).toBe('key.wrong_signer')
  })

  test('error: parameters that would take all memory or all day', async () => {
    const scrypt = (params: object) => ({
      ...file,
      crypto: { ...file.crypto, kdfparams: { ...file.crypto.kdfparams, ...params } },
    })
    const slow = {
      ...PBKDF2,
      crypto: { ...PBKDF2.crypto, kdfparams: { ...PBKDF2.crypto.kdfparams, c: 2_000_000_000 } },
    }
    for (const hostile of [
      scrypt({ n: 2 ** 30 }),
      scrypt({ n: 2 ** 20, r: 1024 }),
      scrypt({ p: 2 ** 20 }),
      scrypt({ n: 3 }),
      slow,
    ]) {
      expect((await codeOfAsync(() => decryptKeystore(hostile, PASSWORD))).code).toBe('key.invalid_keystore')
    }
  })
})

describe('keystoreAddress', () => {
  test('behavior: a file with one member changed is read or refused with a code', () => {
    const refused = new Set<string>()
    const paths = [
      'version',
      'address',
      'crypto',
      'crypto.cipher',
      'crypto.kdf',
      'crypto.mac',
      'crypto.ciphertext',
      'crypto.cipherparams',
      'crypto.kdfparams',
      'crypto.kdfparams.n',
      'crypto.kdfparams.salt',
      'crypto.cipherparams.iv',
    ]
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.jsonValue(), (path, value) => {
        const copy = structuredClone(file) as never as Record<string, unknown>
        const words = path.split('.')
        const last = words.pop() ?? ''
        let at = copy
        for (const word of words) at = at[word] as Record<string, unknown>
        at[last] = value
        try {
          keystoreAddress(copy)
        } catch {
          const error = codeOf(() => keystoreAddress(copy))
          expect(error.code).toBe('key.invalid_keystore')
          refused.add(String(error.details['field']))
        }
      }),
      { numRuns: 500 },
    )
    for (const field of [
      'version',
      'address',
      'crypto',
      'cipher',
      'kdf',
      'mac',
      'ciphertext',
      'cipherparams',
      'kdfparams',
      'n',
      'salt',
      'iv',
    ]) {
      expect(refused).toContain(field)
    }
  })
})
