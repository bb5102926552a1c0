import type { CaveatOf } from '../caveats/codec.ts'
import { type Address, byteLength, concatBytes, type Hex, sliceBytes, uintToBytes } from '../primitives/hex.ts'
import { readAction } from '../verdict/facts.ts'
import { prepareTerms, type TermsPlace } from '../verdict/taskScope/prepareTerms.ts'
import {
  accountKey,
  argsFrom,
  confirmationOf,
  digestOf,
  numberKey,
  readArgs,
  signatureKey,
} from '../verdict/taskScope/requests.ts'
import type { Action, Counter } from '../verdict/types.ts'
import { readData, readUint } from './answers.ts'
import { ask, atBlock, callAt, getAt, type NodeClient } from './rpc.ts'

/** `load(uint256)` of the TaskScopeEnforcer: any word of its storage. */
const LOAD: Hex = '0x99d548aa'
/** `isValidSignature(bytes32,bytes)`, and the word that says yes. */
const IS_VALID_SIGNATURE: Hex = '0x1626ba7e'
const MAGIC: Hex = `0x1626ba7e${'00'.repeat(28)}`

/** Gas for a confirmer to judge a signature: P-256 in Solidity takes some 300,000. A hostile one gets no more. */
const SIGNATURE_GAS = 1_500_000n

export type TermsReading = {
  terms: CaveatOf<'taskScope'>
  place: TermsPlace
  /** The redeemer's bytes, as the grant carries them. */
  args: Hex
  /** Hash of the block. */
  block: Hex
  action?: Action | undefined
}

type Reads = Map<string, () => Promise<Counter>>

/**
 * What is read for one TaskScopeEnforcer caveat, by key: its words and, with an action, the word of the request's number and
 * what a confirmer with code says of its signature.
 */
export function termsReads(client: NodeClient, { terms, place, args, block, action }: TermsReading): Reads {
  const prepared = prepareTerms(terms, place, null)
  const reads: Reads = new Map()
  const readWord = (key: string) => {
    const slot = key.slice(key.indexOf(':') + 1) as Hex
    reads.set(key, async () => {
      return { kind: 'word', word: await loadWord(client, { enforcer: place.enforcer, slot, block }) }
    })
  }
  for (const key of prepared.keys) readWord(key)
  const facts = action === undefined ? null : readAction(action)
  if (facts === null || 'code' in facts) return reads
  const { confirmer } = terms
  const requests = [facts.request, facts.requestsAbove?.[place.hash] ?? null].map((it) =>
    it === null ? null : argsFrom(it),
  )
  for (const request of [...requests, readArgs(args)]) {
    const number = request === null ? null : numberKey(prepared, request.number)
    if (request === null || number === null) continue
    readWord(number)
    if (confirmer === null) continue
    reads.set(accountKey(confirmer), async () => ({ kind: 'account', code: await hasCode(client, confirmer, block) }))
    const digest = digestOf(prepared, facts, request)
    const signature = confirmationOf(prepared, request)
    const from = place.enforcer
    reads.set(signatureKey(confirmer, digest, signature), async () => {
      return { kind: 'signature', accepted: await accepts(client, { confirmer, digest, signature, from, block }) }
    })
  }
  return reads
}

/** A word of the TaskScopeEnforcer's storage at one block. */
export async function loadWord(
  client: NodeClient,
  { enforcer, slot, block }: { enforcer: Address; slot: Hex; block: Hex },
): Promise<bigint> {
  return readUint('eth_call', await getAt(client, { to: enforcer, data: concatBytes(LOAD, slot), block }))
}

/** A contract is asked as the enforcer asks it; what reverts or says anything else does not accept. */
async function accepts(
  client: NodeClient,
  {
    confirmer,
    digest,
    signature,
    from,
    block,
  }: { confirmer: Address; digest: Hex; signature: Hex; from: Address; block: Hex },
): Promise<boolean> {
  const size = byteLength(signature)
  const padding: Hex = `0x${'00'.repeat((32 - (size % 32)) % 32)}`
  const data = concatBytes(
    IS_VALID_SIGNATURE,
    digest,
    uintToBytes(64n, 32),
    uintToBytes(BigInt(size), 32),
    signature,
    padding,
  )
  const answer = await callAt(client, { to: confirmer, from, data, block, gas: SIGNATURE_GAS })
  return answer.status === 'ok' && sliceBytes(answer.data, 0, 32) === MAGIC
}

async function hasCode(client: NodeClient, address: Address, block: Hex): Promise<boolean> {
  return readData('eth_getCode', await ask(client, 'eth_getCode', [address, atBlock(block)])) !== '0x'
}
