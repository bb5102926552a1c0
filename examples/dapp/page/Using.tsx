import { useMutation, useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { useConnect, useConnection, useConnectors } from 'wagmi'
import { describeGrant } from '../../../src/dapp/index.ts'
import { GrantSummary, useGrantStatus, useRevokeGrant } from '../../../src/react/index.ts'
import type { ExampleConfig } from '../server/wire.ts'
import type { Granted } from './Asking.tsx'
import { Attempts } from './Attempts.tsx'
import { Differences } from './Differences.tsx'
import { Meter } from './Meter.tsx'
import { Refusal } from './Refusal.tsx'
import { loadAttempts, setToWork } from './services.ts'
import { clock, holderOf, namesOf, seconds } from './words.ts'

/** A grant in use: what is left of it, what the agent did with it, and the way to end it. */
export function Using({ config, granted, onNew }: { config: ExampleConfig; granted: Granted; onNew: () => void }) {
  const { root, id, payees, perDay } = granted
  const { environment, agent } = config
  const [openedAt] = useState(seconds)
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])

  const status = useGrantStatus({ grant: root, environment, query: { refetchInterval: 1_000 } })
  const attempts = useQuery({
    queryKey: ['attempts', id],
    queryFn: () => loadAttempts(config, id),
    refetchInterval: 500,
  })
  const retry = useMutation({
    mutationFn: () => setToWork({ grant: id, payees, perDay: perDay.toString(), work: 'retry' }),
  })
  const revoke = useRevokeGrant({
    mutation: {
      async onSuccess(result) {
        await status.refetch()
        // What was ended is worth nothing until it was tried.
        if (result.status === 'revoked') retry.mutate()
      },
    },
  })

  // After a reload the wallet is not connected: to look takes none, to end does.
  const { isConnected } = useConnection()
  const [wallet] = useConnectors()
  const connect = useConnect()
  const end = async () => {
    if (!isConnected && wallet !== undefined) await connect.mutateAsync({ connector: wallet })
    revoke.mutate({ grant: root })
  }

  const revocation = status.data?.revocation ?? null
  const ended = revocation !== null
  const over = ended || status.data?.status === 'expired'
  const view = describeGrant(root.response, {
    environment,
    differences: root.differences,
    now: openedAt,
    tokens: { [config.token.address]: config.token },
    chainName: 'Local chain',
    origin: location.origin,
    agentName: holderOf(root.delegate, config),
    upgraded: status.data?.upgraded,
  })
  return (
    <main className="using">
      <div className="hero">
        <h1 ref={heading} tabIndex={-1}>
          {over ? `${agent.name} can spend nothing` : `${agent.name} has an allowance`}
        </h1>
        <p>
          {ended
            ? `You ended it${revocation.at === null ? '' : ` at ${clock(Number(revocation.at.timestamp) * 1000)}, in block ${revocation.at.blockNumber}`}. ${agent.name} tried once more, to see what happens.`
            : over
              ? 'Its time is over. To go on, give a new one.'
              : `${agent.name} is at work. It asks, the chain decides; you see both.`}
        </p>
      </div>
      <div className="columns running">
        <section className="activity" aria-labelledby="activity">
          <h2 className="eyebrow" id="activity">
            What {agent.name} asked for
          </h2>
          <Attempts attempts={attempts.data ?? []} config={config} />
          <div className="row more">
            <button
              className="button quiet"
              type="button"
              data-testid="retry"
              disabled={retry.isPending}
              onClick={() => retry.mutate()}
            >
              {over ? 'Let it try again' : 'Have it pay another bill'}
            </button>
          </div>
          {retry.error !== null && <Refusal config={config} error={retry.error} />}
        </section>
        <section className={over ? 'card left ended' : 'card left'} aria-labelledby="grant" data-testid="grant">
          <div className="state">
            <h2 className="eyebrow" id="grant">
              Left of the allowance
            </h2>
            <span className={over ? 'pill ended' : 'pill'} data-testid="state" role="status">
              {ended ? 'Ended' : over ? 'Expired' : 'Active'}
            </span>
          </div>
          {status.data?.spending != null && <Meter config={config} spending={status.data.spending} ended={over} />}
          {revoke.data?.status === 'refused' && <Refusal config={config} error={revoke.data.error} />}
          {revoke.error !== null && <Refusal config={config} error={revoke.error} />}
          <div className="row more">
            {over ? (
              <button className="button" type="button" data-testid="new" onClick={onNew}>
                Give a new one
              </button>
            ) : (
              <button
                className="button danger"
                type="button"
                data-testid="revoke"
                disabled={revoke.isPending}
                onClick={() => end().catch(() => {})}
              >
                {revoke.isPending ? 'Look at your wallet …' : 'End it now'}
              </button>
            )}
          </div>
        </section>
        <section className="card summary" aria-labelledby="granted" data-testid="granted">
          <h2 className="eyebrow" id="granted">
            What you granted
          </h2>
          <Differences differences={view.diff} />
          {root.delegate === config.taskAccount && (
            <p className="note" data-testid="handed-on">
              Handed on to {agent.name} for payments to {namesOf(payees, config)} alone.
            </p>
          )}
          <GrantSummary view={view} screen="reviewDetail" />
        </section>
      </div>
    </main>
  )
}
