import { encodeFunctionData, type LocalAccount, type TransactionReceipt } from 'viem'
import { beforeAll } from 'vitest'
import { hashDelegation } from '../../src/delegation/hash.ts'
import type { Delegation } from '../../src/delegation/types.ts'
import type { Address, Hex } from '../../src/primitives/hex.ts'
import type { LocalChain } from '../../src/testing/localChain.ts'
import type { Call } from '../../src/verdict/types.ts'
import { mint } from './chain.ts'
import { addressOf, transferCall, upgraded } from './grant.ts'
import {
  addressFrom,
  type Redeeming,
  type TaskScopeRig,
  type TermsLink,
  taskScopeAbi,
  useTaskScope,
  withArgs,
} from './taskScope.ts'
import { encodeRequestArgs, encodeTaskScopeTerms, encodeTransferRule, type TaskScopeTerms } from './taskScopeTerms.ts'

export const UNIT = 1_000_000n
export const DAY = 86_400n
export const [P0, P1, ...PAYEES] = Array.from({ length: 10 }, (_, index) => addressFrom(index)) as [
  Address,
  Address,
  ...Address[],
]

type Party = 'principal' | 'agent' | 'second' | 'third' | 'guardian' | 'stranger'

export type ScopedPaymentsRig = TaskScopeRig &
  Record<Party, LocalAccount> & {
    pay: (to: Address, amount: bigint) => Call
    newGroup: () => Hex
    /** P0 and P1, 50 a payment, 200 in any day, a thousand calls a day, for a month from ten seconds ago. */
    termsOf: (change?: Partial<TaskScopeTerms>) => Promise<TaskScopeTerms>
    /** A link of {@link termsOf}; `parent` as in TermsLink. */
    linkOf: (
      signer: LocalAccount,
      delegate: LocalAccount,
      change?: Partial<TaskScopeTerms>,
      parent?: number,
    ) => Promise<TermsLink>
    /** A root of the principal alone; its delegate is the agent unless given. */
    granted: (change?: Partial<TaskScopeTerms>, delegate?: Address) => Promise<Delegation[]>
    /** The same redemption as a request that these sign, good for ten minutes. */
    requested: (redeeming: Redeeming, number: bigint, ...signers: LocalAccount[]) => Promise<Redeeming>
    /** Calls counted and, of a first budget for life, base units spent. */
    counted: (delegation: Delegation) => Promise<{ calls: bigint; spent: bigint }>
    endGroup: (account: LocalAccount, group: Hex) => Promise<TransactionReceipt>
    burn: (account: LocalAccount, links: readonly Delegation[], number: bigint) => Promise<TransactionReceipt>
    deploy: (bytecode: Hex) => Promise<Address>
  }

/** A 7702 principal with a million test dollars, the parties of a scope, and the enforcer. */
export function useScopedPayments(chain: LocalChain): ScopedPaymentsRig {
  const rig = useTaskScope(chain) as ScopedPaymentsRig
  let groups = 0x5eed_1234_abcd_0000n
  const more: Omit<ScopedPaymentsRig, keyof TaskScopeRig | Party> = {
    pay: (to, amount) => transferCall(chain.token.address, to, amount),
    newGroup: () => `0x${(++groups).toString(16)}`,

    async termsOf(change = {}) {
      const now = await rig.now()
      return {
        notBefore: now - 10n,
        expiry: now + 30n * DAY,
        group: rig.newGroup(),
        guardian: addressOf(rig.guardian),
        calls: { most: 1_000, period: Number(DAY) },
        budgets: [{ cap: 200n * UNIT, period: Number(DAY), rolling: true }],
        rules: [encodeTransferRule(chain.token.address, [P0, P1], 50n * UNIT)],
        ...change,
      }
    },

    async linkOf(signer, delegate, change, parent) {
      const terms = encodeTaskScopeTerms(await rig.termsOf(change))
      return { signer, delegate: addressOf(delegate), terms, ...(parent === undefined ? {} : { parent }) }
    },

    async granted(change, delegate = addressOf(rig.agent)) {
      return rig.sign({ signer: rig.principal, delegate, terms: encodeTaskScopeTerms(await rig.termsOf(change)) })
    },

    async requested(redeeming, number, ...signers) {
      const { links, mode, execution } = redeeming
      const deadline = (await rig.now()) + 600n
      const request = { delegation: hashOf(links), mode, execution, number, deadline }
      const signatures = await Promise.all(signers.map((signer) => rig.signRequest(signer, request)))
      return withArgs(redeeming, encodeRequestArgs(number, deadline, ...signatures))
    },

    async counted(delegation) {
      const word = await chain.publicClient.readContract({
        address: rig.enforcer,
        abi: taskScopeAbi,
        functionName: 'load',
        args: [BigInt(hashDelegation(delegation))],
      })
      return { calls: word & 0xffffffn, spent: word >> 64n }
    },

    endGroup(account, group) {
      const args = [rig.principal.address, group, rig.guardian.address] as const
      return rig.send(account, rig.enforcer, encodeFunctionData({ abi: taskScopeAbi, functionName: 'endGroup', args }))
    },

    burn(account, links, number) {
      const args = [hashOf(links), number] as const
      const data = encodeFunctionData({ abi: taskScopeAbi, functionName: 'burnRequest', args })
      return rig.send(account, rig.enforcer, data)
    },

    async deploy(bytecode) {
      const hash = await chain.walletClient(rig.stranger).deployContract({ abi: [], bytecode })
      const { contractAddress } = await chain.publicClient.waitForTransactionReceipt({ hash })
      return (contractAddress as Address).toLowerCase() as Address
    },
  }
  beforeAll(async () => {
    const [principal, agent, second, third, guardian, stranger] = chain.accounts
    Object.assign(rig, { principal, agent, second, third, guardian, stranger })
    await upgraded(chain, rig.principal)
    await mint(chain, addressOf(rig.principal), 1_000_000n * UNIT)
  })
  return Object.assign(rig, more)
}

/** Of the leaf. */
export function hashOf([leaf]: readonly Delegation[]): Hex {
  return hashDelegation(leaf as Delegation)
}
