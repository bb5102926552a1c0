import { useMutation } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { useConnect, useConnection, useConnectors } from 'wagmi'
import {
  choosePath,
  describeRequest,
  type GrantView,
  type RequestGrantReturnType,
  type SupportedPermissions,
  toGrant,
  type WalletGrant,
} from '../../../src/dapp/index.ts'
import { serializeGrant } from '../../../src/grant/index.ts'
import { useRequestGrant, useSupportedPermissions } from '../../../src/react/index.ts'
import type { Scope } from '../../../src/scope/index.ts'
import type { ExampleConfig } from '../server/wire.ts'
import { DraftForm } from './DraftForm.tsx'
import { firstDraft, readAmount, scopeOf } from './draft.ts'
import { Preview } from './Preview.tsx'
import { Refusal } from './Refusal.tsx'
import { handOnAt, registerGrant, setToWork } from './services.ts'
import { Unwanted } from './Unwanted.tsx'
import { holderOf, namesOf, seconds } from './words.ts'

type Hex = `0x${string}`

/** What came of it: what the wallet granted, the grant that was made of it, and what the agent is told. */
export type Granted = {
  root: WalletGrant
  /** Of the grant: where a task account handed it on, another one than the root's. */
  id: Hex
  payees: readonly Hex[]
  /** Base units. */
  perDay: bigint
}

/** Asks the person, shows what the answers come to, asks the wallet, and believes nothing of what it says. */
export function Asking({ config, onGranted }: { config: ExampleConfig; onGranted: (granted: Granted) => void }) {
  const [draft, setDraft] = useState(() => firstDraft(config))
  const [openedAt] = useState(seconds)
  const { address, isConnected } = useConnection()
  const [wallet] = useConnectors()
  const connect = useConnect()
  const supported = useSupportedPermissions()
  const grant = useRequestGrant()

  const read = readAmount(draft.amount, config.token.decimals)
  const amount = 'amount' in read ? read.amount : undefined
  const complete = amount !== undefined && draft.payees.length > 0
  const scope = useMemo(
    () => (complete ? scopeOf(config, { draft, amount, principal: address, now: openedAt }) : undefined),
    [config, draft, complete, amount, address, openedAt],
  )
  // Until a wallet has said what it can: what one with ERC-7715 would offer.
  const offered = supported.isFetched ? (supported.data ?? null) : hoped(config)
  const preview = scope && previewOf(config, scope, offered, isConnected)

  const ask = useMutation({
    async mutationFn() {
      if (amount === undefined) return null
      const asked = scopeOf(config, { draft, amount, principal: address, now: seconds() })
      const { environment } = config
      const answer = await grant.mutateAsync({
        scope: asked,
        environment,
        taskAccount: { address: config.taskAccount, keyHeldBy: 'backend', redelegate: handOnAt(location.origin) },
      })
      if (answer.status === 'refused') throw answer.error
      // This page offers no account that signs whatever it is shown: that way is closed.
      if (answer.path === 'signature') return null
      const root = answer.path === 'permission' ? answer.grant : answer.root
      const file = answer.path === 'permission' ? await toGrant({ ...answer, environment }) : answer.grant
      const { id } = await registerGrant(config, serializeGrant(file))
      await setToWork({ grant: id, payees: draft.payees, perDay: amount.toString(), work: 'shift' })
      return { root, id, payees: draft.payees, perDay: amount }
    },
    onSuccess: (granted) => granted && onGranted(granted),
  })

  // It exists also where it was refused, or where the agent's side failed after it.
  const signed = signedOf(grant.data)

  const submit = () => {
    if (isConnected) ask.mutate()
    else if (wallet !== undefined) connect.mutate({ connector: wallet })
  }
  return (
    <main>
      <div className="hero">
        <h1>Give {config.agent.name} an allowance</h1>
        <p>
          {config.agent.name} is a program that pays your bills. You say how much, to whom and until when; the chain
          holds it to that, and you can end it at any time.
        </p>
      </div>
      <form
        className="columns asking"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <DraftForm
          config={config}
          draft={draft}
          trouble={'trouble' in read ? read.trouble : undefined}
          onChange={setDraft}
        />
        <div className="aside">{preview && <Preview config={config} view={preview.view} note={preview.note} />}</div>
        <div className="actions">
          {ask.error !== null && <Refusal config={config} error={ask.error} />}
          {ask.error !== null && signed !== null && <Unwanted key={signed.id} config={config} grant={signed} />}
          {connect.error !== null && <Refusal config={config} error={connect.error} />}
          {scope !== undefined && preview === undefined && (
            <p className="refusal" role="alert" data-testid="not-offered">
              This wallet cannot grant that: it knows nothing of ERC-7715, or not on this chain.
            </p>
          )}
          {isConnected ? (
            <button
              className="button"
              type="submit"
              data-testid="ask"
              disabled={ask.isPending || preview === undefined}
            >
              {ask.isPending ? 'Look at your wallet …' : 'Ask my wallet'}
            </button>
          ) : (
            <button className="button" type="submit" data-testid="connect" disabled={wallet === undefined}>
              {wallet === undefined ? 'No wallet found' : `Connect ${wallet.name}`}
            </button>
          )}
          <p className="hint">Nothing moves now. Your wallet shows you the same and asks you to sign.</p>
        </div>
      </form>
    </main>
  )
}

function signedOf(answer: RequestGrantReturnType | undefined): WalletGrant | null {
  if (answer === undefined) return null
  if (answer.status === 'refused') return answer.grant
  return answer.path === 'permission' ? answer.grant : answer.path === 'taskAccount' ? answer.root : null
}

/** `note`: where the wallet is asked for something else than the scope. `undefined`: it can not be asked for at all. */
function previewOf(
  config: ExampleConfig,
  scope: Scope,
  offered: SupportedPermissions | null,
  connected: boolean,
): { view: GrantView; note: string | undefined } | undefined {
  const choice = choosePath(scope, offered, { taskAccount: config.taskAccount })
  if (choice.path !== 'permission' && choice.path !== 'taskAccount') return undefined
  const { from: _, ...unowned } = choice.request
  const view = describeRequest(connected ? choice.request : unowned, {
    now: seconds(),
    tokens: { [config.token.address]: config.token },
    chainName: 'Local chain',
    origin: location.origin,
    agentName: holderOf(choice.request.to, config),
  })
  if (choice.path === 'permission') return { view, note: undefined }
  const [rule] = scope.rules
  const named = rule?.class === 'transfer' && rule.to !== 'anyone' ? rule.to : []
  return {
    view,
    note: `A wallet can name one payee only. So it grants this to an account of this page, which hands on less: payments to ${namesOf(named, config)}. You trust this page to keep to that; the amount and the end are held by the chain.`,
  }
}

/** What this page asks for, as a wallet offers it. */
function hoped({ chainId }: ExampleConfig): SupportedPermissions {
  return { 'erc20-token-periodic': { chainIds: [chainId], ruleTypes: ['expiry', 'redeemer', 'payee'] } }
}
