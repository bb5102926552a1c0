import { randomBytes } from 'node:crypto'
import { parseJson } from '../primitives/json.ts'
import type { IssuerIdentity } from '../receipt/issue.ts'
import type { KeySet, PrivateJwk, Signer } from '../receipt/keys.ts'
import { HomeError } from './errors.ts'
import type { Home } from './home.ts'

export type Issuer = { identity: IssuerIdentity; signer: Signer }

const FILE = 'issuer.jwk'

/** The key this machine signs receipts with; made on first use, mode 0600. Its name holds its thumbprint. */
export async function openIssuer(home: Home): Promise<Issuer> {
  const { createIssuerKey, jwkSigner, publicJwk } = await import('../receipt/keys.ts')
  let key = await readKey(home)
  if (key === undefined) {
    try {
      home.create(home.top(FILE), `${JSON.stringify(createIssuerKey(new Uint8Array(randomBytes(48))))}\n`)
    } catch (error) {
      // Another process made it first: then that one counts.
      if (!(error instanceof HomeError && error.code === 'home.exists')) throw error
    }
    key = await readKey(home)
  }
  if (key === undefined) throw damaged(home)
  const shown = publicJwk(key)
  return { identity: { iss: await issuerName(key), key: shown }, signer: await jwkSigner(key) }
}

/** The public half, for whoever is to verify; `undefined` before the first receipt. */
export async function issuerKeySet(home: Home): Promise<KeySet | undefined> {
  const { publicJwk } = await import('../receipt/keys.ts')
  const key = await readKey(home)
  if (key === undefined) return undefined
  return { schema: 'ambit.keyset.v1', iss: await issuerName(key), keys: [publicJwk(key)] }
}

async function issuerName(key: PrivateJwk): Promise<string> {
  const { thumbprint } = await import('../receipt/keys.ts')
  return `urn:ambit:issuer:${thumbprint(key)}`
}

async function readKey(home: Home): Promise<PrivateJwk | undefined> {
  const text = home.read(home.top(FILE))
  if (text === undefined) return undefined
  if (process.platform !== 'win32' && ((home.mode(home.top(FILE)) ?? 0) & 0o077) !== 0) {
    throw new HomeError('home.unsafe_permissions', 'Others may read the key of the issuer.', {
      details: { path: home.top(FILE) },
      fix: 'chmod 600 on this file; if somebody else may have read it, delete it and start a new issuer.',
    })
  }
  const { parsePrivateJwk } = await import('../receipt/keys.ts')
  return parsePrivateJwk(parseJson(text))
}

function damaged(home: Home): HomeError {
  return new HomeError('home.damaged', 'The key of the issuer cannot be read.', {
    details: { path: home.top(FILE) },
    fix: 'Restore it from a backup, or delete it to start a new issuer.',
  })
}
