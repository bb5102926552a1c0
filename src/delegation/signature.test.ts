import { secp256k1 } from '@noble/curves/secp256k1.js'
import fc from 'fast-check'
import { recoverAddress } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import { word } from '../../test/arbitraries/delegation.ts'
import { type Hex, uintToBytes } from '../primitives/hex.ts'
import { recoverSigner } from './signature.ts'

const account = privateKeyToAccount(`0x${'17'.repeat(32)}`)
const signer = account.address.toLowerCase()
const digest: Hex = `0x${'5a'.repeat(32)}`
const signature = await account.sign({ hash: digest })

const n = secp256k1.Point.Fn.ORDER
const r = signature.slice(2, 66)
const s = BigInt(`0x${signature.slice(66, 130)}`)
const v = signature.slice(130)

describe('recoverSigner', () => {
  test('default: names the account whose key signed', async () => {
    await fc.assert(
      fc.asyncProperty(word, async (hash) => {
        expect(recoverSigner(hash, await account.sign({ hash }))).toEqual({ status: 'signed', signer })
      }),
      { numRuns: 20 },
    )
  })

  test('behavior: names the same account as viem, and another one for another digest', async () => {
    await fc.assert(
      fc.asyncProperty(word, async (hash) => {
        const expected = (await recoverAddress({ hash, signature })).toLowerCase()
        expect(recoverSigner(hash, signature)).toEqual({ status: 'signed', signer: expected })
        expect(expected).not.toBe(signer)
      }),
      { numRuns: 20 },
    )
  })

  test('error: the twin with the high s, which would be a second signature for the same delegation', () => {
    const twin: Hex = `0x${r}${uintToBytes(n - s, 32).slice(2)}${v === '1b' ? '1c' : '1b'}`
    expect(recoverSigner(digest, twin)).toEqual({ status: 'invalid', reason: 'high_s' })
  })

  test('error: every last byte but 27 and 28', () => {
    for (let last = 0; last < 256; last++) {
      const recovery = recoverSigner(digest, `0x${signature.slice(2, 130)}${last.toString(16).padStart(2, '0')}`)
      if (last === 27 || last === 28) expect(recovery.status).toBe('signed')
      else expect(recovery).toEqual({ status: 'invalid', reason: 'bad_recovery_byte' })
    }
  })

  test('error: any length but 65, the compact form of ERC-2098 too', () => {
    for (const value of ['0x', signature.slice(0, 130), `${signature}00`, `0x${'00'.repeat(1000)}`] as Hex[]) {
      expect(recoverSigner(digest, value)).toEqual({ status: 'invalid', reason: 'wrong_length' })
    }
  })

  test('error: numbers that belong to no key', () => {
    const zero = '00'.repeat(32)
    const order = n.toString(16)
    const half = uintToBytes(s, 32).slice(2)
    for (const [left, right] of [
      [zero, half],
      [r, zero],
      [order, half],
      ['ff'.repeat(32), half],
    ]) {
      expect(recoverSigner(digest, `0x${left}${right}1b`)).toEqual({ status: 'invalid', reason: 'unrecoverable' })
    }
  })
})
