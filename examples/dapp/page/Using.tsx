import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { describeGrant } from '../../../src/dapp/index.ts'
import { GrantSummary, useRevokeGrant } from '../../../src/react/index.ts'
import type { ExampleConfig } from '../server/wire.ts'
import type { Granted } from './Asking.tsx'
import { Attempts } from './Attempts.tsx'
import { Differences } from './Differences.tsx'
import { Refusal } from './Refusal.tsx'
import { loadAttempts, setToWork } from './services.ts'
import { seconds } from './words.ts'

/** A grant in use: what is left of it, what the agent did with it, and the way to end it. */
export function Using({ config, granted, onNew }: { config: ExampleConfig; granted: Granted; onNew: () => void }) {
  const { grant } = granted
  const [openedAt] = useState(seconds)
  const attempts = useQuery({
    queryKey: ['attempts', grant.id],
    queryFn: () => loadAttempts(config, grant.id),
    refetchInterval: 500,
  })
  const revoke = useRevokeGrant({ mutation: { onSuccess: ({ status }) => status === 'revoked' && retry.mutate() } })
  const payees = grant.rules.flatMap((rule) => (rule.type === 'payee' ? rule.data.addresses : []))
  const perDay = 'periodAmount' in grant.permission.data ? grant.permission.data.periodAmount : 0n
  const retry = useMutation({
    mutationFn: () => setToWork({ grant: grant.id, payees, perDay: perDay.toString(), work: 'retry' }),
  })
  const ended = revoke.data?.status === 'revoked'
  const view = describeGrant(grant.response, {
    environment: config.environment,
    requested: grant.request,
    now: openedAt,
    tokens: { [config.token.address]: config.token },
    chainName: 'Local chain',
    origin: location.origin,
    agentName: config.agent.name,
  })
  return (
    <main className="using">
      <div className="columns">
        <section className="card activity" aria-labelledby="activity">
          <div className="state">
            <h2 className="eyebrow" id="activity">
              What {config.agent.name} did
            </h2>
          </div>
          <Attempts attempts={attempts.data ?? []} config={config} />
          <div className="row more">
            <button
              className="button quiet"
              type="button"
              data-testid="retry"
              disabled={retry.isPending}
              onClick={() => retry.mutate()}
            >
              Have it pay another bill
            </button>
          </div>
        </section>
        <div className="aside">
          <section
            className={ended ? 'card summary ended' : 'card summary'}
            aria-labelledby="grant"
            data-testid="grant"
          >
            <div className="state">
              <h2 className="eyebrow" id="grant">
                The allowance
              </h2>
              <span className={ended ? 'pill ended' : 'pill'} data-testid="state" role="status">
                {ended ? 'Ended' : 'Active, signature verified'}
              </span>
            </div>
            <Differences differences={view.diff} />
            <GrantSummary view={view} screen="reviewDetail" />
            {revoke.data?.status === 'refused' && <Refusal error={revoke.data.error} />}
            {revoke.error !== null && <Refusal error={revoke.error} />}
            <div className="row more">
              {ended ? (
                <button className="button" type="button" data-testid="new" onClick={onNew}>
                  Make a new one
                </button>
              ) : (
                <button
                  className="button danger"
                  type="button"
                  data-testid="revoke"
                  disabled={revoke.isPending}
                  onClick={() => revoke.mutate({ grant })}
                >
                  {revoke.isPending ? 'Look at your wallet …' : 'End it now'}
                </button>
              )}
            </div>
          </section>
        </div>
      </div>
    </main>
  )
}
