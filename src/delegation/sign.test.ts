import { serializeErc6492Signature } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import { codeOfAsync } from '../../test/codes.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { signingHash } from './hash.ts'
import { type SigningAccount, signDelegation } from './sign.ts'
import { recoverSigner } from './signature.ts'
import { ANY_DELEGATE, type Delegation, ROOT_AUTHORITY } from './types.ts'

const account = privateKeyToAccount(`0x${'17'.repeat(32)}`)
const delegator = account.address.toLowerCase() as Address
const domain = { chainId: 31_337, manager: `0x${'db'.repeat(20)}` as Address }

const delegation: Delegation = {
  delegate: `0x${'11'.repeat(20)}`,
  delegator,
  authority: ROOT_AUTHORITY,
  caveats: [{ enforcer: `0x${'33'.repeat(20)}`, terms: '0x0102', args: '0x' }],
  salt: `0x${'44'.repeat(32)}`,
  signature: '0x',
}

/** An account that answers what it is told to. */
const answering = (answer: unknown, type = 'local'): SigningAccount => ({
  address: delegator,
  type,
  signTypedData: async () => answer as Hex,
})

describe('signDelegation', () => {
  test('default: adds the signature of the delegator', async () => {
    const signed = await signDelegation(account, { delegation, ...domain })
    expect({ ...signed, signature: '0x' }).toEqual(delegation)
    const recovery = recoverSigner(signingHash(delegation, domain), signed.signature)
    expect(recovery).toEqual({ status: 'signed', signer: delegator })
  })

  test('behavior: a signature for one chain or manager is none for another', async () => {
    const { signature } = await signDelegation(account, { delegation, ...domain })
    for (const other of [
      { ...domain, chainId: 1 },
      { ...domain, manager: delegation.delegate },
    ]) {
      expect(recoverSigner(signingHash(delegation, other), signature)).not.toMatchObject({ signer: delegator })
    }
  })

  test('behavior: brings upper case and recovery bytes 0 and 1 to the one form the manager takes', async () => {
    const { signature } = await signDelegation(account, { delegation, ...domain })
    const old = signature.replace(/1[bc]$/, (last) => (last === '1b' ? '00' : '01'))
    const upper = `0x${old.slice(2).toUpperCase()}`
    expect((await signDelegation(answering(upper), { delegation, ...domain })).signature).toBe(signature)
  })

  test('behavior: takes a contract account’s answer as it is, without the wrapping for accounts not yet deployed', async () => {
    const inner: Hex = `0x${'ab'.repeat(130)}`
    const wrapped = serializeErc6492Signature({ address: delegation.delegate, data: '0x01', signature: inner })
    for (const answer of [inner, wrapped]) {
      const signed = await signDelegation(answering(answer, 'smart'), { delegation, ...domain })
      expect(signed.signature).toBe(inner)
    }
  })

  test('error: authority without bound is signed only when the danger is named', async () => {
    const cases = [
      ['no_caveats', { ...delegation, caveats: [] }],
      ['open_delegate', { ...delegation, delegate: ANY_DELEGATE }],
      ['zero_salt', { ...delegation, salt: `0x${'00'.repeat(32)}` }],
    ] as const
    for (const [danger, dangerous] of cases) {
      const refused = await codeOfAsync(() => signDelegation(account, { delegation: dangerous, ...domain }))
      expect(refused.code).toBe(`delegation.${danger}`)
      const others = cases.map(([name]) => name).filter((name) => name !== danger)
      const stillRefused = () => signDelegation(account, { delegation: dangerous, ...domain, accept: others })
      expect((await codeOfAsync(stillRefused)).code).toBe(`delegation.${danger}`)
      const signed = await signDelegation(account, { delegation: dangerous, ...domain, accept: [danger] })
      expect(recoverSigner(signingHash(dangerous, domain), signed.signature)).toMatchObject({ signer: delegator })
    }
  })

  test('error: an account that is not the delegator', async () => {
    const foreign = { ...delegation, delegator: delegation.delegate }
    const error = await codeOfAsync(() => signDelegation(account, { delegation: foreign, ...domain }))
    expect(error.code).toBe('delegation.wrong_signer')
  })

  test('error: a malformed delegation is not shown to the account', async () => {
    const malformed = { ...delegation, salt: '0x44' as Hex }
    const error = await codeOfAsync(() => signDelegation(account, { delegation: malformed, ...domain }))
    expect(error.code).toBe('delegation.malformed')
  })

  test('error: a wallet that answers with something else', async () => {
    const other = privateKeyToAccount(`0x${'18'.repeat(32)}`)
    const foreign = await other.sign({ hash: signingHash(delegation, domain) })
    const { signature } = await signDelegation(account, { delegation, ...domain })
    const elsewhere = await account.sign({ hash: signingHash(delegation, { ...domain, chainId: 1 }) })
    const cases: [unknown, string][] = [
      [foreign, 'other_signer'],
      [elsewhere, 'other_signer'],
      [signature.slice(0, -2), 'wrong_length'],
      ['0x', 'wrong_length'],
      [`${signature.slice(0, -2)}1d`, 'bad_recovery_byte'],
      [signature.slice(2), 'not_hex'],
      [undefined, 'not_hex'],
      [{ signature }, 'not_hex'],
      [`0x${'00'.repeat(5_000)}`, 'not_hex'],
    ]
    for (const [answer, reason] of cases) {
      const error = await codeOfAsync(() => signDelegation(answering(answer), { delegation, ...domain }))
      expect(error).toMatchObject({ code: 'delegation.bad_signature', details: { reason } })
    }
  })

  test('error: an account that refuses keeps its words out of our message', async () => {
    const refusing: SigningAccount = {
      address: delegator,
      signTypedData: () => Promise.reject(new TypeError('https://rpc.example/secret-key')),
    }
    const error = await codeOfAsync(() => signDelegation(refusing, { delegation, ...domain }))
    expect(error.code).toBe('delegation.signing_failed')
    expect(error.message).not.toContain('secret-key')
    expect(error.cause).toBeInstanceOf(TypeError)
  })
})
