import { readBlock } from '../chain/block.ts'
import { ChainError } from '../chain/errors.ts'
import { readEffects } from '../chain/readEffects.ts'
import { readFacts } from '../chain/readFacts.ts'
import { readState } from '../chain/readState.ts'
import { readReceipt, readTransaction } from '../chain/transactions.ts'
import type { AccountCode } from '../delegation/facts.ts'
import type { Grant } from '../grant/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import type { Statement } from '../receipt/statement.ts'
import { VerdictError } from '../verdict/errors.ts'
import { prepareGrant } from '../verdict/prepare.ts'
import type { Action, State } from '../verdict/types.ts'
import type { ChainFacts } from '../verification/types.ts'
import type { Session } from './session.ts'

type Transactions = NonNullable<ChainFacts['transactions']>

/**
 * What the chain has to say about receipts: the blocks, states and transactions that they name, accounts and contract
 * signatures of their grants. What the node cannot answer stays absent, and so unavailable.
 *
 * @param claims - Receipts whose issuer's signature is proven, each with its grant and the action that it is about.
 */
export async function collectFacts(
  session: Session,
  claims: readonly { statement: Statement; grant: Grant; action?: Action }[],
): Promise<ChainFacts> {
  const { node, environment } = session
  const blocks: Record<string, Hex | null> = {}
  const states: Record<string, State> = {}
  const transactions: Record<Hex, Transactions[Hex]> = {}
  const codes: Record<Address, AccountCode> = {}
  const contractSignatures: Record<Hex, boolean> = {}
  const seen = new Set<Hex>()
  for (const { statement, grant, action } of claims) {
    if (!seen.has(grant.id)) {
      seen.add(grant.id)
      const read = await answered(() => readFacts(node, { grant, environment }))
      Object.assign(codes, read?.facts.codes)
      Object.assign(contractSignatures, read?.facts.contractSignatures)
    }
    const number = blockOf(statement)
    if (number !== undefined) {
      if (!(number in blocks)) {
        const hash = await blockHash(session, number)
        if (hash !== undefined) blocks[number] = hash
      }
      const hash = blocks[number]
      const state = hash ? await answered(() => stateAt(session, hash, grant, action)) : undefined
      if (state !== undefined) states[number] = merge(states[number], state)
    }
    const tx = transactionOf(statement)
    if (tx !== undefined && !(tx in transactions)) {
      const found = await transactionEvidence(session, tx)
      if (found !== undefined) transactions[tx] = found
    }
  }
  const head = await answered(() => readBlock(node))
  return {
    chainId: session.choice.id,
    blocks,
    states,
    transactions,
    codes,
    contractSignatures,
    ...(head === undefined ? {} : { head: head.number }),
  }
}

/** The state that a decision on the action was made from, with what the action then measured. */
async function stateAt({ node, environment }: Session, hash: Hex, grant: Grant, action?: Action): Promise<State> {
  const about = { grant, environment, ...(action === undefined ? {} : { action }) }
  const state = await readState(node, { ...about, block: { hash } })
  if (action === undefined) return state
  try {
    const prepared = prepareGrant(grant, environment)
    return await readEffects(node, { grant, prepared, action, state })
  } catch (error) {
    // What cannot be evaluated here measures nothing that is known here.
    if (error instanceof VerdictError) return state
    throw error
  }
}

function blockOf(statement: Statement): string | undefined {
  switch (statement.kind) {
    case 'decision':
      return statement.state?.block.number
    case 'outcome':
      return 'block' in statement.outcome ? statement.outcome.block.number : undefined
    case 'revocation':
      return 'block' in statement.revocation ? statement.revocation.block.number : undefined
    case 'grant':
    case 'ticket':
      return undefined
  }
}

function transactionOf(statement: Statement): Hex | undefined {
  if (statement.kind === 'outcome') return 'tx' in statement.outcome ? statement.outcome.tx : undefined
  if (statement.kind === 'revocation') return 'tx' in statement.revocation ? statement.revocation.tx : undefined
  return undefined
}

/** `null`: the chain is shorter. `undefined`: not answered. */
async function blockHash({ node }: Session, number: string): Promise<Hex | null | undefined> {
  try {
    return (await readBlock(node, { number: BigInt(number) })).hash
  } catch (error) {
    if (!(error instanceof ChainError)) throw error
    return error.code === 'chain.block_mismatch' && error.details['got'] === null ? null : undefined
  }
}

async function transactionEvidence({ node }: Session, hash: Hex): Promise<Transactions[Hex] | undefined> {
  return answered(async () => {
    const [transaction, receipt] = await Promise.all([readTransaction(node, hash), readReceipt(node, hash)])
    if (transaction === null || receipt === null || 'pending' in transaction) return null
    return { transaction, receipt }
  })
}

/** One block, several grants: their states are of one chain and add up. */
function merge(before: State | undefined, state: State): State {
  if (before === undefined) return state
  return {
    ...state,
    disabled: { ...before.disabled, ...state.disabled },
    nonces: { ...before.nonces, ...state.nonces },
    counters: { ...before.counters, ...state.counters },
  }
}

async function answered<value>(ask: () => Promise<value>): Promise<value | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof ChainError) return undefined
    throw error
  }
}
