import { useMutation } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { useConnect, useConnection, useConnectors } from 'wagmi'
import {
  choosePath,
  describeRequest,
  type GrantView,
  type SupportedPermissions,
  type WalletGrant,
} from '../../../src/dapp/index.ts'
import { useRequestGrant, useSupportedPermissions } from '../../../src/react/index.ts'
import type { Scope } from '../../../src/scope/index.ts'
import type { ExampleConfig } from '../server/wire.ts'
import { DraftForm } from './DraftForm.tsx'
import { firstDraft, readAmount, scopeOf } from './draft.ts'
import { Preview } from './Preview.tsx'
import { Refusal } from './Refusal.tsx'
import { registerGrant, setToWork } from './services.ts'
import { seconds } from './words.ts'

/** What came of it: the grant, and what the agent is told of it. */
export type Granted = { grant: WalletGrant; payees: readonly `0x${string}`[] /** Base units. */; perDay: bigint }

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
  const preview = scope && previewOf(config, scope, supported.data ?? null, address === undefined)

  const ask = useMutation({
    async mutationFn() {
      if (amount === undefined) return null
      const asked = scopeOf(config, { draft, amount, principal: address, now: seconds() })
      const answer = await grant.mutateAsync({ scope: asked, environment: config.environment })
      if (answer.status === 'refused') throw answer.error
      if (answer.path !== 'permission') return null
      const { id } = await registerGrant(config, answer.grant.response)
      await setToWork({ grant: id, payees: draft.payees, perDay: amount.toString(), work: 'shift' })
      return { grant: answer.grant, payees: draft.payees, perDay: amount }
    },
    onSuccess: (granted) => granted && onGranted(granted),
  })

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
          {ask.error !== null && <Refusal error={ask.error} />}
          {connect.error !== null && <Refusal error={connect.error} />}
          {isConnected ? (
            <button className="button" type="submit" data-testid="ask" disabled={ask.isPending || !preview?.open}>
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

function previewOf(
  config: ExampleConfig,
  scope: Scope,
  supported: SupportedPermissions | null,
  unconnected: boolean,
): { view: GrantView; note: string | undefined; open: boolean } | undefined {
  const path = choosePath(scope, unconnected ? hoped(config) : supported)
  if (path.path !== 'permission') return undefined
  const { from, ...request } = path.request
  const view = describeRequest(unconnected ? request : path.request, {
    now: seconds(),
    tokens: { [config.token.address]: config.token },
    chainName: 'Local chain',
    origin: location.origin,
    agentName: config.agent.name,
  })
  return { view, note: undefined, open: true }
}

/** Before a wallet is there to ask: what one with ERC-7715 would offer. */
function hoped({ chainId }: ExampleConfig): SupportedPermissions {
  return { 'erc20-token-periodic': { chainIds: [chainId], ruleTypes: ['expiry', 'redeemer', 'payee'] } }
}
