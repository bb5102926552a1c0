import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useConfig, useConnect, useConnection, useConnectors } from 'wagmi'
import { getConnectorClient, getPublicClient } from 'wagmi/actions'
import { requestExecutionPermissions } from '../../../src/dapp/index.ts'
import { verifyGranted } from '../../../src/dapp/verifyGranted.ts'
import { readWalletGrant, type WalletGrant } from '../../../src/dapp/walletGrant.ts'
import type { ExampleConfig } from '../server/wire.ts'
import { DraftForm } from './DraftForm.tsx'
import { firstDraft, readAmount } from './draft.ts'
import { Refusal } from './Refusal.tsx'
import { requestOf } from './request.ts'
import { registerGrant, setToWork } from './services.ts'

export function Asking({ config, onGranted }: { config: ExampleConfig; onGranted: (grant: WalletGrant) => void }) {
  const [draft, setDraft] = useState(() => firstDraft(config))
  const wagmi = useConfig()
  const { isConnected } = useConnection()
  const connect = useConnect()
  const connectors = useConnectors()
  const read = readAmount(draft.amount, config.token.decimals)
  const ask = useMutation({
    mutationFn: async () => {
      if ('trouble' in read) throw new Error(read.trouble)
      const client = await getConnectorClient(wagmi)
      const request = requestOf(config, { draft, amount: read.amount, now: Math.floor(Date.now() / 1000) })
      const [response] = await requestExecutionPermissions(client, [request])
      if (response === undefined) throw new Error('no answer')
      const grant = readWalletGrant(request, response, { environment: config.environment })
      await verifyGranted(getPublicClient(wagmi) as never, { grant, environment: config.environment })
      await registerGrant(config, response)
      await setToWork({ grant: grant.id, payees: [draft.payee], perDay: read.amount.toString(), work: 'shift' })
      return grant
    },
    onSuccess: onGranted,
  })
  const [wallet] = connectors
  return (
    <main>
      <div className="hero">
        <h1>Give {config.agent.name} an allowance</h1>
        <p>
          {config.agent.name} is a program that pays your bills. You say how much, to whom and until when; the chain
          holds it to that, and you can end it at any time.
        </p>
      </div>
      <div className="columns">
        <DraftForm
          config={config}
          draft={draft}
          trouble={'trouble' in read ? read.trouble : undefined}
          onChange={setDraft}
          onSubmit={() => (isConnected ? ask.mutate() : wallet && connect.mutate({ connector: wallet }))}
        >
          <div className="actions">
            {ask.error !== null && <Refusal error={ask.error} />}
            {isConnected ? (
              <button className="button" type="submit" data-testid="ask" disabled={ask.isPending || 'trouble' in read}>
                {ask.isPending ? 'Waiting for your wallet …' : 'Ask my wallet'}
              </button>
            ) : (
              <button className="button" type="submit" data-testid="connect" disabled={wallet === undefined}>
                {wallet === undefined ? 'No wallet found' : `Connect ${wallet.name}`}
              </button>
            )}
            <p className="hint">Nothing moves now. Your wallet shows you the same and asks you to sign.</p>
          </div>
        </DraftForm>
        <section className="aside card">preview</section>
      </div>
    </main>
  )
}
