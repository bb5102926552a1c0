import type { LocalAccount } from 'viem'
import { AmbitError } from '../../errors.ts'
import type { Address } from '../../primitives/hex.ts'
import { announceProvider, walletInfo } from './announce.ts'
import { callMethods } from './calls.ts'
import { chainMethods, connectingMethods } from './connecting.ts'
import { type Context, lower, type Method, openChain } from './context.ts'
import { askInDialog } from './dialog.ts'
import {
  DevWalletError,
  DISCONNECTED,
  INTERNAL,
  INVALID_PARAMS,
  ProviderError,
  REJECTED,
  UNAUTHORIZED,
  UNSUPPORTED_CHAIN,
} from './errors.ts'
import { createEvents } from './events.ts'
import { toQuantity } from './params.ts'
import { permissionMethods } from './permissionMethods.ts'
import { readThrough } from './reads.ts'
import { signingMethods } from './signing.ts'
import type { DevWallet, DevWalletMode, DevWalletOptions, Question } from './types.ts'

/** Milliseconds that mode `slow` takes. */
const DEFAULT_SLOW_MS = 5_000

/**
 * A wallet for tests and demonstrations: EIP-1193, EIP-6963, EIP-5792 and ERC-7715 with real signatures, on test chains
 * only. It grants what MetaMask grants, in MetaMask's own form; its modes are what a page has to withstand of wallets.
 *
 * It protects nobody: it stands in the page, which could press its buttons or take its keys. Never give it a key of worth.
 *
 * @throws {@link DevWalletError} `wallet.not_a_test_chain`, `wallet.other_environment`; `wallet.no_account` where a mode
 * needs an account that is not there.
 */
export function createDevWallet(options: DevWalletOptions): DevWallet {
  const { accounts } = options
  const chains = new Map([options, ...(options.chains ?? [])].map((chain) => [chain.chainId, openChain(chain)]))
  const origin = options.origin ?? globalThis.location?.origin ?? 'unknown'
  const confirm = options.confirm ?? (typeof document === 'undefined' ? () => 'confirm' as const : askInDialog(chains))
  const info = walletInfo(options.name)
  const events = createEvents()
  let mode = checked(options.mode ?? 'confirm', accounts)
  let selected: LocalAccount = accounts[0]
  let chainId = options.chainId
  let connected = false
  let lost = false
  let held: (() => void)[] = []

  const context: Context = {
    origin,
    accounts,
    chains,
    upgrade: options.upgrade ?? true,
    rawDelegations: options.rawDelegations ?? false,
    revocation: options.revocation ?? false,
    mode: () => mode,
    chain: () => context.chainOf(chainId),
    chainOf(id) {
      const chain = chains.get(id)
      if (chain !== undefined) return chain
      throw new ProviderError(UNSUPPORTED_CHAIN, 'The wallet does not have this chain.', { chainId: id })
    },
    switchTo(id) {
      chainId = id
      events.emit('chainChanged', toQuantity(id))
    },
    account(address) {
      if (!connected) throw new ProviderError(UNAUTHORIZED, 'The page is not connected to the wallet.')
      const found = address === undefined ? selected : accounts.find((account) => lower(account) === address)
      if (found !== undefined) return found
      throw new ProviderError(UNAUTHORIZED, 'The wallet does not have this account.')
    },
    async ask(unasked) {
      const question = { ...unasked, origin } as Question
      const forAuthority = question.kind !== 'connect' && question.kind !== 'chain'
      if (mode === 'disconnect' && forAuthority) throw lose()
      if (mode === 'reject' && question.kind !== 'connect') throw rejected()
      const answer = await confirm(question)
      if (mode === 'slow' && forAuthority) await hold(options.slowMs ?? DEFAULT_SLOW_MS)
      if (answer === 'reject' || (answer === 'lower' && !canLower(question))) throw rejected()
      return answer
    },
  }

  function lose(): ProviderError {
    lost = true
    const error = new ProviderError(DISCONNECTED, 'The wallet is disconnected from every chain.')
    events.emit('disconnect', error)
    return error
  }

  function hold(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds)
      held.push(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  function addresses(): Address[] {
    if (!connected) return []
    return [selected, ...accounts.filter((account) => account !== selected)].map(lower)
  }

  const methods: Readonly<Record<string, Method>> = {
    ...connectingMethods({
      addresses,
      connect() {
        connected = true
        events.emit('connect', { chainId: toQuantity(chainId) })
        events.emit('accountsChanged', addresses())
      },
      disconnect() {
        connected = false
        events.emit('accountsChanged', addresses())
      },
    }),
    ...chainMethods,
    ...permissionMethods(),
    ...signingMethods,
    ...callMethods(),
  }

  async function request({ method, params }: { method: string; params?: unknown }): Promise<unknown> {
    if (lost) throw new ProviderError(DISCONNECTED, 'The wallet is disconnected from every chain.')
    const given = Array.isArray(params) ? params : params === undefined ? [] : [params]
    try {
      const own = Object.hasOwn(methods, method) ? methods[method] : undefined
      return await (own === undefined ? readThrough(context, method, given) : own(context, given))
    } catch (error) {
      throw forPage(error)
    }
  }

  const provider = { request, on: events.on, removeListener: events.removeListener }
  return {
    provider,
    info,
    get mode() {
      return mode
    },
    setMode(next) {
      mode = checked(next, accounts)
    },
    announce: () => announceProvider(info, provider),
    selectAccount(address) {
      const found = accounts.find((account) => lower(account) === address.toLowerCase())
      if (found === undefined) throw noAccount('The wallet does not have this account.', address)
      selected = found
      if (connected) events.emit('accountsChanged', addresses())
    },
    release() {
      const waiting = held
      held = []
      for (const go of waiting) go()
    },
    reconnect() {
      lost = false
      events.emit('connect', { chainId: toQuantity(chainId) })
    },
  }
}

function checked(mode: DevWalletMode, accounts: readonly LocalAccount[]): DevWalletMode {
  if (mode === 'wrongAccount' && accounts.length < 2) {
    throw noAccount('To grant from the wrong account the wallet needs a second one.', accounts[0]?.address)
  }
  return mode
}

function noAccount(message: string, account: string | undefined): DevWalletError {
  return new DevWalletError('wallet.no_account', message, {
    details: { account: account ?? null },
    fix: 'Give the wallet the account when it is made.',
  })
}

function canLower(question: Question): boolean {
  return question.kind === 'permission' && question.canLower
}

function rejected(): ProviderError {
  return new ProviderError(REJECTED, 'The person rejected the request.')
}

/** A page gets codes of EIP-1193; our own code travels in `data`, so that a failing test says why. */
function forPage(error: unknown): ProviderError {
  if (error instanceof ProviderError) return error
  if (!(error instanceof AmbitError)) return new ProviderError(INTERNAL, 'The wallet failed.', undefined, error)
  const fromNode = error.code.startsWith('chain.')
  return new ProviderError(fromNode ? INTERNAL : INVALID_PARAMS, error.shortMessage, { code: error.code }, error)
}
