import type { Hex } from '../primitives/hex.ts'
import type { JsonValue } from '../primitives/json.ts'
import { ReceiptError } from './errors.ts'
import { jwkSignatureCheck, type PublicJwk, publicJwk, type SignatureCheck, type Signer, thumbprint } from './keys.ts'
import { type Draft, parseStatement, type Statement } from './statement.ts'
import { signToken } from './token.ts'

/** The last receipt of an issuer, and of each root delegation: what the next one is linked to. Plain JSON; kept by the caller. */
export type Head = { seq: number; id?: string; roots: Readonly<Record<Hex, { seq: number; id: string }>> }

/** Before the first receipt. */
export const EMPTY_HEAD: Head = { seq: 0, roots: {} }

/** Under which name and key receipts are issued. */
export type IssuerIdentity = { iss: string; key: PublicJwk }

export type Issued = {
  token: string
  id: string
  statement: Statement
  /** To be stored before the token is handed out: two receipts with one place are a forked journal. */
  head: Head
}

/**
 * Gives a draft its place, signs it and checks the signature. Pure but for the signer: the caller keeps `head`, one writer
 * at a time.
 *
 * @param parameters.now - Unix seconds. Advisory: the time that counts is that of the block.
 * @throws {@link ReceiptError} `receipt.statement_refused`: nothing is signed that a verifier would refuse;
 * `receipt.signer_mismatch`: the signer's key is not the issuer's.
 */
export async function issueReceipt(
  draft: Draft,
  parameters: { signer: Signer; issuer: IssuerIdentity; head: Head; now: bigint; check?: SignatureCheck },
): Promise<Issued> {
  const { signer, issuer, head, now } = parameters
  const { roots, ...about } = draft
  const statement = parseStatement({
    ...about,
    iss: issuer.iss,
    iat: Number(now),
    ...next(head),
    roots: [...new Set(roots)].sort().map((delegation) => ({ delegation, ...next(rootHead(head, delegation)) })),
  })
  const key = publicJwk(issuer.key)
  const { token, id, signed, signature } = await signToken(statement as JsonValue, { kid: thumbprint(key), signer })
  const check = parameters.check ?? (await jwkSignatureCheck(key))
  if (!(await check(signed, signature))) {
    throw new ReceiptError('receipt.signer_mismatch', 'The signer does not sign with the key of the issuer.', {
      details: { iss: issuer.iss, kid: thumbprint(key) },
      fix: 'Give the signer and the public key of one key file.',
    })
  }
  const advanced = statement.roots.map(({ delegation, seq }) => [delegation, { seq, id }] as const)
  return {
    token,
    id,
    statement,
    head: { seq: statement.seq, id, roots: { ...head.roots, ...Object.fromEntries(advanced) } },
  }
}

function rootHead(head: Head, delegation: Hex): { seq: number; id?: string } {
  return Object.hasOwn(head.roots, delegation) ? (head.roots[delegation] ?? { seq: 0 }) : { seq: 0 }
}

function next(head: { seq: number; id?: string }): { seq: number; prev?: string } {
  return { seq: head.seq + 1, ...(head.id === undefined ? {} : { prev: head.id }) }
}
